package dev.restbus.door;

import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The pages behind the {@code type} of a problem: {@code /problems} and {@code /problems/<code>}.
 */
final class ProblemPages {

    private ProblemPages() {}

    static List<Route> routes() {
        return List.of(
                new Route("GET", "/problems", Set.of(), ProblemPages::list),
                new Route("GET", "/problems/{code}", Set.of(), ProblemPages::page));
    }

    private static CompletableFuture<Answer> list(Exchange exchange) {
        boolean html = wantsHtml(exchange.header("Accept"));
        StringBuilder text = new StringBuilder();
        for (ProblemCode code : ProblemCode.values()) {
            text.append(html ? row(code) : line(code));
        }
        return answer(html, "Problems", html ? "<table>" + text + "</table>" : text.toString());
    }

    private static CompletableFuture<Answer> page(Exchange exchange) {
        String name = exchange.variable("code");
        ProblemCode code = find(name);
        if (code == null) {
            throw ProblemCode.NOT_FOUND
                    .problem("there is no problem '" + name + "'; /problems lists them")
                    .asException();
        }
        boolean html = wantsHtml(exchange.header("Accept"));
        String again =
                code.retryable()
                        ? "The same request can succeed later."
                        : "The same request fails again until something changes.";
        String body =
                html
                        ? "<p>"
                                + code.title()
                                + " (HTTP "
                                + code.status()
                                + ").</p><p>"
                                + again
                                + "</p><p>"
                                + escape(ProblemAdvice.of(code))
                                + "</p><p><a href=\"/problems\">All problems</a></p>"
                        : code.title()
                                + " (HTTP "
                                + code.status()
                                + ").\n"
                                + again
                                + "\n"
                                + ProblemAdvice.of(code)
                                + "\n";
        return answer(html, code.wireName(), body);
    }

    private static @Nullable ProblemCode find(String name) {
        for (ProblemCode code : ProblemCode.values()) {
            if (code.wireName().equals(name)) {
                return code;
            }
        }
        return null;
    }

    private static boolean wantsHtml(@Nullable String accept) {
        return accept != null && accept.contains("text/html");
    }

    private static String line(ProblemCode code) {
        return String.format("%d  %-24s %s%n", code.status(), code.wireName(), code.title());
    }

    private static String row(ProblemCode code) {
        return "<tr><td>"
                + code.status()
                + "</td><td><a href=\"/problems/"
                + code.wireName()
                + "\">"
                + code.wireName()
                + "</a></td><td>"
                + code.title()
                + "</td></tr>";
    }

    private static CompletableFuture<Answer> answer(boolean html, String title, String body) {
        String type = html ? "text/html;charset=utf-8" : "text/plain;charset=utf-8";
        String text = html ? document(title, body) : title + "\n\n" + body;
        return CompletableFuture.completedFuture(
                new Answer(200, type, List.of(), Slice.utf8(text), null));
    }

    private static String document(String title, String body) {
        return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>"
                + title
                + "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;"
                + "margin:2rem auto;padding:0 1rem}td{padding:.1rem .8rem .1rem 0}</style></head>"
                + "<body><h1>"
                + title
                + "</h1>"
                + body
                + "</body></html>";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
