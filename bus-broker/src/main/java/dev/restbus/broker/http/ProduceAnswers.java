package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.broker.publish.Produced;
import dev.restbus.door.Answer;
import dev.restbus.door.ProblemWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a produce answers: one record, each record, or a line a partition. Stateless. */
final class ProduceAnswers {

    private static final int BYTES_A_RECORD = 40;

    private static final byte[] TOPIC = ascii("{\"topic\":\"");
    private static final byte[] OF_PARTITION = ascii("\",\"partition\":");
    private static final byte[] PARTITION = ascii("{\"partition\":");
    private static final byte[] OFFSET = ascii(",\"offset\":");
    private static final byte[] TIMESTAMP = ascii(",\"timestamp\":");
    private static final byte[] BASE_OFFSET = ascii(",\"baseOffset\":");
    private static final byte[] COUNT = ascii(",\"count\":");

    private ProduceAnswers() {}

    static Answer one(Produced produced) {
        BusException failure = produced.failureOf(0);
        if (failure != null) {
            throw failure;
        }
        int partition = produced.partitionOf(0);
        long offset = produced.offsetOf(0);
        JsonBytes out = new JsonBytes(128);
        out.raw(TOPIC).ascii(produced.topic().name()).raw(OF_PARTITION).number(partition);
        out.raw(OFFSET).number(offset).raw(TIMESTAMP).number(produced.timestampMs()).ascii("}");
        String location =
                "/v1/topics/"
                        + produced.topic().name()
                        + "/partitions/"
                        + partition
                        + "/records/"
                        + offset;
        return Answer.json(201, out.slice()).withHeaders(List.of("Location", location));
    }

    static Answer each(Produced produced) {
        JsonBytes out = new JsonBytes(16 + produced.records() * BYTES_A_RECORD);
        out.ascii("{\"records\":[");
        for (int i = 0; i < produced.records(); i++) {
            if (i > 0) {
                out.ascii(",");
            }
            BusException failure = produced.failureOf(i);
            if (failure == null) {
                place(out, produced, i);
            } else {
                problem(out.raw(PARTITION).number(produced.partitionOf(i)), failure);
            }
        }
        out.ascii("]}");
        return Answer.json(produced.isPartial() ? 207 : 201, out.slice());
    }

    /** Where a record was stored. */
    static void place(JsonBytes out, Produced produced, int record) {
        out.raw(PARTITION).number(produced.partitionOf(record));
        out.raw(OFFSET).number(produced.offsetOf(record)).ascii("}");
    }

    static Answer minimal(Produced produced) {
        JsonBytes out = new JsonBytes(256);
        out.ascii("{\"partitions\":[");
        boolean first = true;
        for (int p = 0; p < produced.partitions(); p++) {
            if (produced.recordsIn(p) == 0) {
                continue;
            }
            if (!first) {
                out.ascii(",");
            }
            first = false;
            out.raw(PARTITION).number(p);
            BusException failure = produced.failureIn(p);
            if (failure == null) {
                out.raw(BASE_OFFSET).number(produced.baseOffset(p));
                out.raw(COUNT).number(produced.recordsIn(p)).ascii("}");
            } else {
                problem(out, failure);
            }
        }
        out.ascii("]}");
        return Answer.json(produced.isPartial() ? 207 : 201, out.slice())
                .withHeaders(List.of("Preference-Applied", "return=minimal"));
    }

    private static void problem(JsonBytes out, BusException failure) {
        out.ascii(",\"problem\":").raw(ProblemWriter.document(failure.problem(), "")).ascii("}");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
