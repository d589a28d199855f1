package dev.restbus.bench;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What can be measured. Records are JSON values of about 100 bytes; topics have 4 partitions, but
 * where a group polls.
 */
enum Workload {
    /** One record a request, answered when it is in the log. Goal P4. */
    SINGLE_ACKS1("single-acks1", 1, ">= 0.90"),
    /** One record a request, answered when it is forced to disk. Goal P5. */
    SINGLE_ALL("single-all", 1, ">= 0.70"),
    /** A hundred records a request, as their own producer would build them. Goal P2. */
    BATCH_100("batch-100", 100, ""),
    /** A thousand records a request. Goal P1. */
    BATCH_1000("batch-1000", 1000, ""),
    /** Each connection streams lines, and begins anew after ten thousand of them. */
    NDJSON("ndjson", 10_000, ""),
    /** Prepared record batches of a thousand, to each partition in turn. Goal P3. */
    BINARY_1000("binary-1000", 1000, ""),
    /** Reads of about 1 MiB as JSON, from a topic that is in memory. */
    READ_JSON("read-json", 5000, ""),
    /** Reads of about 1 MiB as record batches. */
    READ_BINARY("read-binary", 9000, ""),
    /** A group with a member a connection and a partition a member, 20 records a poll. */
    POLL("poll", 20, ""),
    /**
     * From the intended time of sending to a parked read and to an event, 1,000 records a second.
     */
    TAIL_LATENCY("tail-latency", 1, ""),
    /** The no-op servlet on both sides: what the pairing itself makes of two equal things. */
    NOOP("noop", 1, "1.00");

    static final int BATCH_RECORDS = 1000;

    private static final int PARTITIONS = 4;
    private static final int CONNECTIONS = 32;
    private static final int LINES_PER_CHUNK = 70;
    private static final byte[] NOTHING = {};

    private final String label;
    private final int recordsPerRequest;
    private final String goal;

    Workload(String label, int recordsPerRequest, String goal) {
        this.label = label;
        this.recordsPerRequest = recordsPerRequest;
        this.goal = goal;
    }

    static Optional<Workload> named(String label) {
        return Arrays.stream(values()).filter(each -> each.label.equals(label)).findFirst();
    }

    /** Its name on the command line. */
    String label() {
        return label;
    }

    /** Of a request, or of its answer where the workload reads. */
    int recordsPerRequest() {
        return recordsPerRequest;
    }

    /** Whether the client builds each record anew unless told otherwise. */
    boolean buildsRecords() {
        return this == BATCH_100 || this == BATCH_1000;
    }

    /** The ratio to the no-op that is aimed at; empty where the goal is another peer. */
    String goal() {
        return goal;
    }

    int connections() {
        return CONNECTIONS;
    }

    int partitions() {
        return this == POLL ? CONNECTIONS : PARTITIONS;
    }

    /** How many batches of {@link #BATCH_RECORDS} stand in each partition before the run. */
    int prefilledBatches() {
        return switch (this) {
            case READ_JSON, READ_BINARY -> 90;
            case POLL -> 80;
            default -> 0;
        };
    }

    /** Room for the longest answer. */
    int answerBytes() {
        return this == READ_JSON || this == READ_BINARY ? 3 << 20 : 64 << 10;
    }

    /** What the measured side sends. */
    Requests requests(String topic, boolean builds) {
        String path = "/v1/topics/" + topic;
        return switch (this) {
            case SINGLE_ACKS1 -> new RequestBuilder(path + "?acks=1", 1, false, builds);
            case SINGLE_ALL -> new RequestBuilder(path + "?acks=all", 1, false, builds);
            case BATCH_100, BATCH_1000 ->
                    new RequestBuilder(path + "/records?acks=1", recordsPerRequest, true, builds);
            case NDJSON -> FixedRequests.of(lines(path + "/records?acks=1"));
            case BINARY_1000 -> FixedRequests.inTurn(batches(path), 201, 0);
            case READ_JSON -> FixedRequests.inTurn(reads(path, "application/json"), 200, 500_000);
            case READ_BINARY ->
                    FixedRequests.inTurn(reads(path, "application/x-record-batch"), 200, 500_000);
            case POLL -> FixedRequests.ofConnections(polls(topic), 200, 2_000);
            case NOOP, TAIL_LATENCY -> noop(builds, 0);
        };
    }

    /**
     * The same to the no-op, or where the workload reads, one that is answered with as many bytes.
     *
     * @param answerBytes of the bus's answers
     */
    Requests noop(boolean builds, long answerBytes) {
        String path = BenchServer.NOOP_PATH;
        return switch (this) {
            case BATCH_100, BATCH_1000 -> new RequestBuilder(path, recordsPerRequest, true, builds);
            case NDJSON -> FixedRequests.of(lines(path));
            case BINARY_1000 ->
                    FixedRequests.of(
                            FixedRequests.bytes("POST", path, "", BenchRecords.batch(1000)));
            case READ_JSON, READ_BINARY, POLL -> {
                String asked = path + "?bytes=" + answerBytes;
                byte[] request = FixedRequests.bytes("GET", asked, "", NOTHING);
                yield FixedRequests.ofConnections(List.of(request), 200, 0);
            }
            default -> new RequestBuilder(path, 1, false, builds);
        };
    }

    private byte[] lines(String path) {
        String head = "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n";
        byte[] request = FixedRequests.bytes("POST", path, head, NOTHING);
        byte[] body = BenchRecords.chunkedLines(recordsPerRequest, LINES_PER_CHUNK);
        return ByteBuffer.allocate(request.length + body.length).put(request).put(body).array();
    }

    private List<byte[]> batches(String path) {
        byte[] batch = BenchRecords.batch(recordsPerRequest);
        List<byte[]> requests = new ArrayList<>();
        for (int p = 0; p < PARTITIONS; p++) {
            requests.add(
                    FixedRequests.bytes(
                            "POST",
                            path + "/records?acks=1&partition=" + p,
                            "Content-Type: application/x-record-batch\r\n"
                                    + "Prefer: return=minimal\r\n",
                            batch));
        }
        return requests;
    }

    /** From the start of each partition to its end, the partitions in turn. */
    private List<byte[]> reads(String path, String type) {
        List<byte[]> requests = new ArrayList<>();
        int records = prefilledBatches() * BATCH_RECORDS;
        for (int at = 0; at + recordsPerRequest <= records; at += recordsPerRequest) {
            for (int p = 0; p < PARTITIONS; p++) {
                requests.add(
                        FixedRequests.bytes(
                                "GET",
                                "%s/partitions/%d/records?offset=%d&max=%d"
                                        .formatted(path, p, at, recordsPerRequest),
                                "Accept: " + type + "\r\n",
                                NOTHING));
            }
        }
        return requests;
    }

    private List<byte[]> polls(String topic) {
        List<byte[]> requests = new ArrayList<>();
        for (int member = 0; member < CONNECTIONS; member++) {
            String path =
                    "/v1/groups/%s/members/m%d/poll?topics=%s&wait=500ms&max=%d"
                            .formatted(topic, member, topic, recordsPerRequest);
            requests.add(FixedRequests.bytes("POST", path, "Content-Length: 0\r\n", NOTHING));
        }
        return requests;
    }
}
