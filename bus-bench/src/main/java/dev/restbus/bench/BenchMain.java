package dev.restbus.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ./bus bench}: measures, and prints one line a workload. */
public final class BenchMain {

    private static final String HEAD =
            "%-13s %9s %9s %6s %8s %11s %8s %8s %8s %11s %9s %8s%n"
                    .formatted(
                            "workload",
                            "req/s",
                            "no-op/s",
                            "ratio",
                            "goal",
                            "records/s",
                            "MB/s",
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
        List<Delivery> tails = new ArrayList<>();
        for (Workload workload : options.workloads()) {
            if (workload == Workload.TAIL_LATENCY) {
                tails.addAll(tailLatency(bench.tailLatency(), out));
                continue;
            }
            Measurement measurement = bench.measure(workload);
            measurements.add(measurement);
            out.print(line(measurement));
        }
        if (options.json() != null) {
            Files.writeString(options.json(), json(measurements, tails).toPrettyString() + "\n");
        }
    }

    /** How records came to one kind of reader; medians over the rounds. */
    private record Delivery(String to, double p50Ms, double p99Ms) {

        static Delivery of(String to, Stream<Histogram> rounds) {
            List<Histogram> all = rounds.toList();
            return new Delivery(to, medianMs(all, 50), medianMs(all, 99));
        }

        private static double medianMs(List<Histogram> rounds, double percentile) {
            double[] values =
                    rounds.stream()
                            .mapToDouble(round -> round.getValueAtPercentile(percentile) / 1e6)
                            .sorted()
                            .toArray();
            return (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
        }
    }

    private static List<Delivery> tailLatency(List<TailLatency.Result> rounds, PrintStream out) {
        List<Delivery> deliveries =
                List.of(
                        Delivery.of("read", rounds.stream().map(TailLatency.Result::read)),
                        Delivery.of("event", rounds.stream().map(TailLatency.Result::event)));
        for (Delivery delivery : deliveries) {
            out.printf(
                    "%-13s %d/s, acks=all, due time to %-5s p50 %.2f ms, p99 %.2f ms%n",
                    Workload.TAIL_LATENCY.label(),
                    TailLatency.RECORDS_PER_SECOND,
                    delivery.to(),
                    delivery.p50Ms(),
                    delivery.p99Ms());
        }
        return deliveries;
    }

    private static String line(Measurement measured) {
        return "%-13s %9.0f %9.0f %6.2f %8s %11.0f %8.1f %8.2f %8.2f %11.2f %9.2f %8d%n"
                .formatted(
                        measured.workload().label(),
                        measured.requestsPerSecond(),
                        measured.noopRequestsPerSecond(),
                        measured.ratio(),
                        measured.workload().goal(),
                        measured.recordsPerSecond(),
                        measured.megabytesPerSecond(),
                        measured.latencyMs(50),
                        measured.latencyMs(99),
                        measured.cpuMicrosPerRecord(),
                        measured.noopCpuMicrosPerRecord(),
                        measured.refused());
    }

    private static ArrayNode json(List<Measurement> measurements, List<Delivery> tails) {
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
            node.put("megabytesPerSecond", measured.megabytesPerSecond());
            node.put("p50Ms", measured.latencyMs(50));
            node.put("p99Ms", measured.latencyMs(99));
            node.put("serverCpuMicrosPerRecord", measured.cpuMicrosPerRecord());
            node.put("noopCpuMicrosPerRecord", measured.noopCpuMicrosPerRecord());
            node.put("refused", measured.refused());
        }
        for (Delivery delivery : tails) {
            ObjectNode node = array.addObject();
            node.put("workload", Workload.TAIL_LATENCY.label());
            node.put("to", delivery.to());
            node.put("p50Ms", delivery.p50Ms());
            node.put("p99Ms", delivery.p99Ms());
        }
        return array;
    }
}
