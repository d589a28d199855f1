package dev.restbus.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command line of the bench.
 *
 * @param workloads what to run, in this order
 * @param rounds pairs of a workload; at least 1
 * @param run length of one side of a pair
 * @param warmUp length of the warm-up, both sides together
 * @param builds whether the client writes each record anew; null leaves it to the workload
 * @param json where to write the figures as JSON too; null for nowhere
 */
record BenchOptions(
        List<Workload> workloads,
        int rounds,
        Duration run,
        Duration warmUp,
        @Nullable Boolean builds,
        @Nullable Path json) {

    static final String USAGE =
            """
            Usage: ./bus bench [WORKLOAD...] [--rounds 5] [--seconds 3] [--warm-up 30]
                               [--build | --prebuilt] [--json FILE]
            Workloads: single-acks1 single-all batch-100 batch-1000 ndjson binary-1000 read-json
                       read-binary poll tail-latency noop; all of them unless said.
            --build writes each record anew on the client, --prebuilt sends one body again and
            again; batches are built and single records prebuilt unless said.""";

    /** A command line that makes no sense; the message says why. */
    static final class UsageException extends Exception {
        private static final long serialVersionUID = 1;

        UsageException(String message) {
            super(message);
        }
    }

    boolean buildsRecords(Workload workload) {
        return builds == null ? workload.buildsRecords() : builds;
    }

    static BenchOptions parse(String... arguments) throws UsageException {
        List<Workload> workloads = new ArrayList<>();
        int rounds = 5;
        int seconds = 3;
        int warmUpSeconds = 30;
        Boolean builds = null;
        Path json = null;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--rounds" -> rounds = number(arguments, ++i);
                case "--seconds" -> seconds = number(arguments, ++i);
                case "--warm-up" -> warmUpSeconds = number(arguments, ++i);
                case "--build" -> builds = true;
                case "--prebuilt" -> builds = false;
                case "--json" -> json = Path.of(value(arguments, ++i));
                case "--vs" ->
                        throw new UsageException(
                                "--vs " + value(arguments, ++i) + " comes with a later version");
                default -> workloads.add(workload(arguments[i]));
            }
        }
        if (workloads.isEmpty()) {
            workloads.addAll(List.of(Workload.values()));
        }
        return new BenchOptions(
                List.copyOf(workloads),
                rounds,
                Duration.ofSeconds(seconds),
                Duration.ofSeconds(warmUpSeconds),
                builds,
                json);
    }

    private static Workload workload(String argument) throws UsageException {
        return Workload.named(argument)
                .orElseThrow(() -> new UsageException("unknown workload or option: " + argument));
    }

    private static int number(String[] arguments, int index) throws UsageException {
        String value = value(arguments, index);
        if (!value.matches("[1-9][0-9]{0,3}")) {
            throw new UsageException(arguments[index - 1] + " takes a number from 1 to 9999");
        }
        return Integer.parseInt(value);
    }

    private static String value(String[] arguments, int index) throws UsageException {
        if (index >= arguments.length) {
            throw new UsageException(arguments[index - 1] + " takes a value");
        }
        return arguments[index];
    }
}
