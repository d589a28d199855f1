package dev.restbus.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The rounds of one workload; every figure is the median over them.
 *
 * @param workload what was run
 * @param builtRecords whether the client wrote each record anew
 * @param requestBytes of one request
 * @param rounds the pairs, in the order they were run
 */
record Measurement(Workload workload, boolean builtRecords, int requestBytes, List<Round> rounds) {

    /**
     * The bus and the no-op, one right after the other.
     *
     * @param bus what the client saw of the bus
     * @param busCpuNanos processor time of the server meanwhile
     * @param noop what the client saw of the no-op
     * @param noopCpuNanos processor time of the server meanwhile
     */
    record Round(LoadClient.Run bus, long busCpuNanos, LoadClient.Run noop, long noopCpuNanos) {}

    double ratio() {
        return median(round -> round.bus().requestsPerSecond() / round.noop().requestsPerSecond());
    }

    double requestsPerSecond() {
        return median(round -> round.bus().requestsPerSecond());
    }

    double noopRequestsPerSecond() {
        return median(round -> round.noop().requestsPerSecond());
    }

    double recordsPerSecond() {
        return requestsPerSecond() * workload.recordsPerRequest();
    }

    double latencyMs(double percentile) {
        return median(round -> round.bus().latency().getValueAtPercentile(percentile) / 1e6);
    }

    double cpuMicrosPerRecord() {
        return median(
                round ->
                        round.busCpuNanos()
                                / 1e3
                                / round.bus().requests()
                                / workload.recordsPerRequest());
    }

    double noopCpuMicrosPerRecord() {
        return median(
                round ->
                        round.noopCpuNanos()
                                / 1e3
                                / round.noop().requests()
                                / workload.recordsPerRequest());
    }

    /** Of the bus's answers; 0 where none counted. */
    double answerBytes() {
        return median(
                round -> (double) round.bus().answerBytes() / Math.max(1, round.bus().requests()));
    }

    /** Bodies and heads of requests and answers of the bus, 10^6 bytes a second. */
    double megabytesPerSecond() {
        return requestsPerSecond() * (requestBytes + answerBytes()) / 1e6;
    }

    long refused() {
        return rounds.stream().mapToLong(round -> round.bus().refused()).sum();
    }

    private double median(ToDoubleFunction<Round> figure) {
        double[] values = rounds.stream().mapToDouble(figure).sorted().toArray();
        int middle = values.length / 2;
        return values.length % 2 == 1
                ? values[middle]
                : Arrays.stream(values, middle - 1, middle + 1).average().orElseThrow();
    }
}
