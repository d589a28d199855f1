package dev.restbus.broker.http;

import dev.restbus.api.BusException;
import dev.restbus.api.batch.Slice;
import dev.restbus.api.fuzz.Fuzzing;
import dev.restbus.broker.publish.RecordDraft;
import dev.restbus.broker.publish.TestDrafts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A body of lines gives the same lines however it is cut, and a line the same record as it would in
 * an array. The first byte says how long the pieces are.
 */
public class NdjsonFuzzTest extends Fuzzing {

    /** Two levels more in the array than in the line. */
    private static final int MAX_OPENING = 60;

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] body = Arrays.copyOfRange(input, 1, input.length);
        List<String> lines = lines(body, 1 + (input[0] & 0xff));
        require(lines.equals(split(body)), "other lines in pieces");
        for (String line : lines) {
            requireSameRecord(line);
        }
    }

    private static List<String> lines(byte[] body, int pieceBytes) {
        NdjsonLines lines = new NdjsonLines();
        List<String> all = new ArrayList<>();
        int taken = 0;
        for (int end = 0; end < body.length; ) {
            end = Math.min(body.length, end + pieceBytes);
            boolean last = end == body.length;
            lines.look(new Slice(body, taken, end - taken));
            while (lines.step(last)) {
                Slice line = lines.line();
                all.add(new String(line.copy(), StandardCharsets.ISO_8859_1));
            }
            taken += lines.take();
        }
        require(taken == body.length, "all is taken");
        return all;
    }

    private static List<String> split(byte[] body) {
        String text = new String(body, StandardCharsets.ISO_8859_1);
        return Arrays.stream(text.split("\n")).filter(line -> !line.matches("[ \t\r]*")).toList();
    }

    private static void requireSameRecord(String line) {
        RecordDraft alone = TestDrafts.draft(1);
        byte[] bytes = line.getBytes(StandardCharsets.ISO_8859_1);
        try {
            EnvelopeParser.ofLines(alone).parseLine(Slice.of(bytes));
        } catch (BusException e) {
            return;
        }
        if (line.chars().filter(c -> c == '{' || c == '[').count() > MAX_OPENING) {
            return;
        }
        RecordDraft inArray = TestDrafts.draft(1);
        String array = "{\"records\":[" + line + "]}";
        EnvelopeParser.parse(Slice.of(array.getBytes(StandardCharsets.ISO_8859_1)), inArray);
        require(inArray.count() == 1 && alone.count() == 1, "one record");
        require(
                Arrays.equals(TestDrafts.batch(alone, 0), TestDrafts.batch(inArray, 0)),
                "the same batch");
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
