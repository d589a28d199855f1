package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One request of a hot route that came whole and plain. */
final class PlainExchange implements Exchange {

    private final PlainHead head;
    private final RouteTable.Bound bound;
    private final RequestPath path;
    private final Query query;

    PlainExchange(PlainHead head, RouteTable.Bound bound, RequestPath path, Query query) {
        this.head = head;
        this.bound = bound;
        this.path = path;
        this.query = query;
    }

    CompletableFuture<Answer> call() {
        return bound.route().handler().serve(this);
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
        return head.header(name);
    }

    @Override
    public void headers(String prefix, BiConsumer<String, String> visitor) {
        head.headers(prefix, visitor);
    }

    @Override
    public @Nullable String mediaType() {
        return HotExchange.mediaType(head.header("Content-Type"));
    }

    @Override
    public @Nullable String contentType() {
        String sent = head.header("Content-Type");
        return HotExchange.mediaType(sent) == null ? null : sent;
    }

    @Override
    public Slice body() {
        return head.body();
    }
}
