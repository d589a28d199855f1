package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import dev.restbus.door.tomcat.ErrorValve;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.apache.tomcat.util.http.MimeHeaders;
import org.jspecify.annotations.Nullable;

/** One request of a hot route; its body is whole when its handler is called, or streamed. */
final class HotExchange implements Exchange {

    private static final String FORM_TYPE = "application/x-www-form-urlencoded";

    private final Admission admission;
    private final HttpServletRequest request;
    private final RouteTable.Bound bound;
    private final RequestPath path;
    private final Query query;
    private final Reply reply;
    private Slice body = FrontDoor.NO_BODY;

    HotExchange(
            Admission admission,
            HttpServletRequest request,
            RouteTable.Bound bound,
            RequestPath path,
            Query query,
            Reply reply) {
        this.admission = admission;
        this.request = request;
        this.bound = bound;
        this.path = path;
        this.query = query;
        this.reply = reply;
    }

    /** Calls the handler on the thread of the request, whose body was there at once. */
    void serve(Slice whole) {
        reply.settle(null, call(whole));
    }

    /** Calls the handler after the body came piece by piece. */
    void serveLate(AsyncContext context, Slice whole) {
        reply.settle(context, call(whole));
    }

    /**
     * What takes the body as it comes, where this route has such a thing for this type of body.
     *
     * @throws dev.restbus.api.BusException if the request is refused
     */
    @Nullable BodyConsumer consumer() {
        Route.Streaming streaming = bound.route().streaming();
        if (streaming == null || !streaming.mediaType().equals(mediaType())) {
            return null;
        }
        admission.requireRoom();
        return streaming.opener().open(this);
    }

    private CompletableFuture<Answer> call(Slice whole) {
        body = whole;
        try {
            admission.requireRoom();
            return bound.route().handler().serve(this);
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public String method() {
        return bound.route().method();
    }

    @Override
    public String variable(String name) {
        return bound.variable(name, path);
    }

    @Override
    public Query query() {
        return query;
    }

    @Override
    public @Nullable String header(String name) {
        return request.getHeader(name);
    }

    @Override
    public void headers(String prefix, BiConsumer<String, String> visitor) {
        // Names are compared as bytes: most requests have none of these, and pay for no string.
        MimeHeaders all = ErrorValve.headersOf(request);
        for (int i = 0; i < all.size(); i++) {
            if (all.getName(i).startsWithIgnoreCase(prefix, 0)) {
                visitor.accept(all.getName(i).toString(), all.getValue(i).toString());
            }
        }
    }

    @Override
    public @Nullable String mediaType() {
        return mediaType(request.getContentType());
    }

    @Override
    public @Nullable String contentType() {
        String sent = request.getContentType();
        return mediaType(sent) == null ? null : sent;
    }

    @Override
    public Slice body() {
        return body;
    }

    /** The type without parameters in lower case; null for none and for curl's form type. */
    static @Nullable String mediaType(@Nullable String contentType) {
        if (contentType == null || contentType.isEmpty()) {
            return null;
        }
        int semicolon = contentType.indexOf(';');
        String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        String lower = type.trim().toLowerCase(Locale.ROOT);
        return lower.isEmpty() || lower.equals(FORM_TYPE) ? null : lower;
    }
}
