package dev.restbus.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ./bus bench}: measures, and prints one line a workload. */
public final class BenchMain {

    private static final String HEAD =
            "%-13s %9s %9s %6s %8s %11s %8s %8s %11s %9s %8s%n"
                    .formatted(
                            "workload",
                            "req/s",
                            "no-op/s",
                            "ratio",
                            "goal",
                            "records/s",
                            "p50 ms",
                            "p99 ms",
                            "cpu us/rec",
                            "no-op us",
                            "refused");

    private static final JsonMapper JSON = new JsonMapper();

    private BenchMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        try {
            run(BenchOptions.parse(arguments), System.out);
        } catch (BenchOptions.UsageException e) {
            System.err.println("bus: " + e.getMessage() + "\n" + BenchOptions.USAGE);
            System.exit(2);
        } catch (IOException | IllegalStateException e) {
            System.err.println("bus: the bench failed: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void run(BenchOptions options, PrintStream out)
            throws IOException, InterruptedException {
        out.printf(
                "32 connections from one thread, %d rounds of %d s a side, medians; the no-op is a"
                        + " servlet of the same process%n%n",
                options.rounds(), options.run().toSeconds());
        out.print(HEAD);
        Bench bench = new Bench(options);
        List<Measurement> measurements = new ArrayList<>();
        for (Workload workload : options.workloads()) {
            Measurement measurement = bench.measure(workload);
            measurements.add(measurement);
            out.print(line(measurement));
        }
        if (options.json() != null) {
            Files.writeString(options.json(), json(measurements).toPrettyString() + "\n");
        }
    }

    private static String line(Measurement measured) {
        return "%-13s %9.0f %9.0f %6.2f %8s %11.0f %8.2f %8.2f %11.2f %9.2f %8d%n"
                .formatted(
                        measured.workload().label(),
                        measured.requestsPerSecond(),
                        measured.noopRequestsPerSecond(),
                        measured.ratio(),
                        measured.workload().goal(),
                        measured.recordsPerSecond(),
                        measured.latencyMs(50),
                        measured.latencyMs(99),
                        measured.cpuMicrosPerRecord(),
                        measured.noopCpuMicrosPerRecord(),
                        measured.refused());
    }

    private static ArrayNode json(List<Measurement> measurements) {
        ArrayNode array = JSON.createArrayNode();
        for (Measurement measured : measurements) {
            ObjectNode node = array.addObject();
            node.put("workload", measured.workload().label());
            node.put("builtRecords", measured.builtRecords());
            node.put("rounds", measured.rounds().size());
            node.put("requestsPerSecond", measured.requestsPerSecond());
            node.put("noopRequestsPerSecond", measured.noopRequestsPerSecond());
            node.put("ratio", measured.ratio());
            node.put("recordsPerSecond", measured.recordsPerSecond());
            node.put("p50Ms", measured.latencyMs(50));
            node.put("p99Ms", measured.latencyMs(99));
            node.put("serverCpuMicrosPerRecord", measured.cpuMicrosPerRecord());
            node.put("noopCpuMicrosPerRecord", measured.noopCpuMicrosPerRecord());
            node.put("refused", measured.refused());
        }
        return array;
    }
}
