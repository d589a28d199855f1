package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.fuzz.Fuzzing;
import dev.restbus.door.encoding.ContentEncoder;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** What a caller writes into a request's line and headers is refused or read, as others read it. */
public class RequestLineFuzzTest extends Fuzzing {

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        int question = text.indexOf('?');
        path("/" + (question < 0 ? text : text.substring(0, question)));
        query(question < 0 ? text : text.substring(question + 1));
        ContentEncoder.choose(text);
        ContentEncoder.suits(text);
        queryOfAnyText(new String(input, StandardCharsets.UTF_8));
    }

    private static void path(String uri) {
        RequestPath path;
        try {
            path = RequestPath.parse(uri);
        } catch (BusException e) {
            return;
        }
        if (!path.fitsRoutes()) {
            return;
        }
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < path.segmentCount(); i++) {
            String segment = path.segment(i);
            require(path.segmentIs(i, segment), "a segment is itself");
            require(path.segmentIsEmpty(i) == segment.isEmpty(), "empty");
            all.append('/').append(segment);
        }
        String decoded = URLDecoder.decode(path.raw().replace("+", "%2B"), StandardCharsets.UTF_8);
        require(all.toString().equals(decoded), "the segments make the path");
    }

    private static void query(String raw) {
        Query query;
        try {
            query = QueryParser.parse(raw);
        } catch (BusException e) {
            return;
        }
        for (String name : query.names()) {
            refusedOrRead(() -> query.integer(name, 0, 0, 1_000));
            refusedOrRead(() -> query.durationMs(name, 0));
            refusedOrRead(() -> query.flag(name, false));
        }
    }

    /** Whatever is encoded by the book comes back. */
    private static void queryOfAnyText(String text) {
        String raw = "a=" + URLEncoder.encode(text, StandardCharsets.UTF_8);
        require(text.equals(QueryParser.parse(raw).text("a")), "a query's text");
    }

    private static void refusedOrRead(Runnable reading) {
        try {
            reading.run();
        } catch (BusException e) {
            // Refused.
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
