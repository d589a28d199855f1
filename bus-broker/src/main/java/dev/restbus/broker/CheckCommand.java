package dev.restbus.broker;

import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.LogCheck;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * {@code ./bus check DIR}: verifies every log under a folder and prints what it found. Stateless.
 */
public final class CheckCommand {

    private CheckCommand() {}

    /**
     * Checks the folder named by the one argument: exit 0 when sound, 1 on damage, 2 if the folder
     * cannot be checked.
     */
    public static void main(String[] args) {
        System.exit(run(args, System.out));
    }

    /** {@link #main} without its exit: the exit code. */
    public static int run(String[] args, PrintStream out) {
        if (args.length != 1) {
            out.println("usage: check DIR");
            return 2;
        }
        try {
            LogCheck.Report report = LogCheck.check(new FileDisk(), Path.of(args[0]));
            print(report, out);
            return report.sound() ? 0 : 1;
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            out.println("cannot check: " + e.getMessage());
            return 2;
        }
    }

    private static void print(LogCheck.Report report, PrintStream out) {
        for (LogCheck.Summary log : report.logs()) {
            out.printf(
                    "%s: %d segments, %d records, %d bytes, start %d, end %d%n",
                    log.log(), log.segments(), log.records(), log.bytes(), log.start(), log.end());
        }
        for (LogCheck.Finding finding : report.findings()) {
            out.printf(
                    "%s %s/%s: %s%n",
                    finding.damage() ? "DAMAGE" : "note  ",
                    finding.log(),
                    finding.file(),
                    finding.message());
        }
        long damaged = report.findings().stream().filter(LogCheck.Finding::damage).count();
        out.printf(
                "%d logs, %d records, %d bytes: %s%n",
                report.logs().size(),
                report.logs().stream().mapToLong(LogCheck.Summary::records).sum(),
                report.logs().stream().mapToLong(LogCheck.Summary::bytes).sum(),
                damaged == 0 ? "sound" : damaged + " times damage");
    }
}
