package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.Outcome;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.publish.Produced;
import dev.restbus.door.Answer;
import dev.restbus.door.ProblemWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a stream of lines has stored, and the answer to it. Not thread-safe. */
final class NdjsonTally {

    /** Of one partition. */
    private static final class Share {
        private final long firstOffset;
        private long lastOffset;
        private long count;

        Share(long firstOffset) {
            this.firstOffset = firstOffset;
        }
    }

    /** So many records are listed one by one; of a longer stream, none. */
    static final int MAX_LISTED = 1_000;

    private final Map<Integer, Share> shares = new TreeMap<>();
    private long stored;

    /** The place of each record in the order of the lines; null where they are not listed. */
    private @Nullable JsonBytes listed;

    private @Nullable BusException failure;
    private long failedLine;
    private boolean unknown;

    /** Lists the records in the answer if {@code listing}, and if they are few. */
    NdjsonTally(boolean listing) {
        listed = listing ? new JsonBytes(128) : null;
    }

    void add(Produced produced) {
        list(produced);
        for (int p = 0; p < produced.partitions(); p++) {
            int records = produced.recordsIn(p);
            if (records > 0 && produced.failureIn(p) == null) {
                long base = produced.baseOffset(p);
                Share share = shares.computeIfAbsent(p, partition -> new Share(base));
                share.lastOffset = base + records - 1;
                share.count += records;
                stored += records;
            }
        }
    }

    private void list(Produced produced) {
        if (stored + produced.records() > MAX_LISTED) {
            listed = null;
        }
        JsonBytes list = listed;
        if (list != null) {
            for (int i = 0; i < produced.records(); i++) {
                if (produced.failureOf(i) == null) {
                    list.ascii(list.length() == 0 ? "" : ",");
                    ProduceAnswers.place(list, produced, i);
                }
            }
        }
    }

    /**
     * Ends the stream at a line; the last call counts.
     *
     * @param mayBeStored whether that line, or any behind it, may be stored nevertheless
     */
    void fail(BusException newFailure, long line, boolean mayBeStored) {
        failure = newFailure;
        failedLine = line;
        unknown = mayBeStored || newFailure.problem().outcome() == Outcome.UNKNOWN;
    }

    void forgetFailure() {
        failure = null;
        unknown = false;
    }

    boolean hasFailed() {
        return failure != null;
    }

    /**
     * @throws BusException where nothing was stored
     */
    Answer answer(boolean withOffsets) {
        BusException known = failure;
        if (known == null && stored == 0) {
            throw ProblemCode.INVALID_VALUE.exceptionAt("", "there is no record to store");
        }
        if (known == null) {
            return withOffsets ? Answer.json(201, document(null).slice()) : Answer.empty(202);
        }
        Problem problem = known.problem();
        if (stored == 0) {
            throw problem.with("failedLine", failedLine).asException();
        }
        List<String> headers = new ArrayList<>();
        Long retryAfterMs = problem.retryAfterMs();
        if (retryAfterMs != null) {
            headers.add("Retry-After");
            headers.add(Long.toString((retryAfterMs + 999) / 1_000));
        }
        return Answer.json(207, document(problem).slice()).withHeaders(headers);
    }

    private JsonBytes document(@Nullable Problem problem) {
        JsonBytes out = new JsonBytes(512);
        out.ascii("{\"stored\":").number(stored);
        if (problem != null) {
            out.ascii(",\"failedLine\":").number(failedLine).ascii(",\"outcome\":");
            out.string((unknown ? Outcome.UNKNOWN : Outcome.COMMITTED).wireName());
        }
        out.ascii(",\"partitions\":[");
        String separator = "";
        for (Map.Entry<Integer, Share> entry : shares.entrySet()) {
            Share share = entry.getValue();
            out.ascii(separator).ascii("{\"partition\":").number(entry.getKey());
            out.ascii(",\"baseOffset\":").number(share.firstOffset);
            out.ascii(",\"lastOffset\":").number(share.lastOffset);
            out.ascii(",\"count\":").number(share.count).ascii("}");
            separator = ",";
        }
        out.ascii("]");
        JsonBytes list = listed;
        if (list != null && problem == null) {
            Slice places = list.slice();
            out.ascii(",\"records\":[").raw(places.bytes(), places.at(), places.length());
            out.ascii("]");
        }
        if (problem != null) {
            out.ascii(",\"problem\":").raw(ProblemWriter.document(problem, ""));
        }
        return out.ascii("}");
    }
}
