package dev.restbus.bench;

import java.util.Arrays;
import java.util.Optional;

/** What can be measured. Records are JSON values of about 100 bytes, topics have 4 partitions. */
enum Workload {
    /** One record a request, answered when it is in the log. Goal P4. */
    SINGLE_ACKS1("single-acks1", "?acks=1", 1, false, ">= 0.90"),
    /** One record a request, answered when it is forced to disk. Goal P5. */
    SINGLE_ALL("single-all", "?acks=all", 1, false, ">= 0.70"),
    /** A hundred records a request, as their own producer would build them. Goal P2. */
    BATCH_100("batch-100", "/records?acks=1", 100, true, ""),
    /** A thousand records a request. Goal P1. */
    BATCH_1000("batch-1000", "/records?acks=1", 1000, true, ""),
    /** The no-op servlet on both sides: what the pairing itself makes of two equal things. */
    NOOP("noop", "", 1, false, "1.00");

    private final String label;
    private final String suffix;
    private final int recordsPerRequest;
    private final boolean buildsRecords;
    private final String goal;

    Workload(
            String label,
            String suffix,
            int recordsPerRequest,
            boolean buildsRecords,
            String goal) {
        this.label = label;
        this.suffix = suffix;
        this.recordsPerRequest = recordsPerRequest;
        this.buildsRecords = buildsRecords;
        this.goal = goal;
    }

    static Optional<Workload> named(String label) {
        return Arrays.stream(values()).filter(each -> each.label.equals(label)).findFirst();
    }

    /** Its name on the command line. */
    String label() {
        return label;
    }

    /** Where the measured side posts to. */
    String path(String topic) {
        return this == NOOP ? BenchServer.NOOP_PATH : "/v1/topics/" + topic + suffix;
    }

    int recordsPerRequest() {
        return recordsPerRequest;
    }

    /** Whether the client builds each record anew unless told otherwise. */
    boolean buildsRecords() {
        return buildsRecords;
    }

    /** The ratio to the no-op that is aimed at; empty where the goal is another peer. */
    String goal() {
        return goal;
    }
}
