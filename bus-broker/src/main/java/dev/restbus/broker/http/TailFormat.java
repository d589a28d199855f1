package dev.restbus.broker.http;

import dev.restbus.api.Problem;
import dev.restbus.api.batch.RecordReader;
import dev.restbus.broker.fetch.Tail;
import dev.restbus.door.ProblemWriter;
import java.util.List;

/** How a stream of records is written. */
enum TailFormat {

    /** One JSON object a line; the last may be {@code {"problem":{…}}}. */
    NDJSON("application/x-ndjson") {
        @Override
        void record(JsonBytes out, Tail tail, int partition, RecordReader record, boolean json) {
            json(out, partition, record, json);
            out.ascii("\n");
        }

        @Override
        void problem(JsonBytes out, Problem problem) {
            out.ascii("{\"problem\":").raw(ProblemWriter.document(problem, "")).ascii("}\n");
        }
    },

    /**
     * Server-sent events, as the HTML standard has them: {@code record} with the positions behind
     * it as its id, and {@code problem} where the stream cannot go on.
     */
    SSE("text/event-stream") {
        @Override
        void record(JsonBytes out, Tail tail, int partition, RecordReader record, boolean json) {
            out.ascii("id: ");
            Positions.write(out, tail);
            out.ascii("\nevent: record\ndata: ");
            json(out, partition, record, json);
            out.ascii("\n\n");
        }

        @Override
        void problem(JsonBytes out, Problem problem) {
            out.ascii("event: problem\ndata: ").raw(ProblemWriter.document(problem, ""));
            out.ascii("\n\n");
        }
    };

    /** A comment, so that what stands between does not take the silence for an end. */
    static final String KEEPALIVE = ": keepalive\n\n";

    private final String mediaType;

    TailFormat(String mediaType) {
        this.mediaType = mediaType;
    }

    /** The media types of reads, JSON first. */
    static final List<String> OFFERED =
            List.of(dev.restbus.door.Answer.JSON, NDJSON.mediaType, SSE.mediaType);

    String mediaType() {
        return mediaType;
    }

    /** The tail stands behind the record already. */
    abstract void record(
            JsonBytes out, Tail tail, int partition, RecordReader record, boolean json);

    abstract void problem(JsonBytes out, Problem problem);

    private static void json(JsonBytes out, int partition, RecordReader record, boolean json) {
        int begin = out.length();
        RecordJson.write(out, null, partition, record, json);
        out.onOneLine(begin);
    }
}
