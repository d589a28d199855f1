package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.door.security.Gate;
import dev.restbus.door.tomcat.Lane;
import java.util.concurrent.CompletableFuture;
import org.apache.tomcat.util.http.parser.Host;
import org.jspecify.annotations.Nullable;

/**
 * The short way through the door, for a small plain request of a {@link Route#quick() quick} route:
 * the same checks, the same handler and the same answer as by {@link FrontDoor}, without a servlet.
 * Whatever is not plain, or is to be refused, goes the long way. Used by one thread.
 */
final class FastLane implements Lane {

    private final RouteTable routes;
    private final Gate gate;
    private final Admission admission;
    private final AnswerBytes bytes;

    /** The last one that Tomcat's grammar allowed; a client sends the same each time. */
    private String lastHost = "localhost";

    FastLane(RouteTable routes, Gate gate, Admission admission, AnswerBytes bytes) {
        this.routes = routes;
        this.gate = gate;
        this.admission = admission;
        this.bytes = bytes;
    }

    @Override
    public boolean take(byte[] request, int length, Caller caller) {
        PlainHead head = PlainHead.of(request, length);
        PlainExchange exchange = head == null ? null : admit(head);
        if (head == null || exchange == null) {
            return false;
        }
        new PlainReply(admission, bytes, head, caller).settle(call(exchange));
        return true;
    }

    /** What the request is for, or null where it is not for this lane. */
    private @Nullable PlainExchange admit(PlainHead head) {
        try {
            RequestPath path = RequestPath.parse(head.path());
            RouteTable.Endpoint endpoint = routes.find(path);
            RouteTable.Bound bound = endpoint == null ? null : endpoint.forMethod("POST");
            if (bound == null || !bound.route().quick() || !isHostAllowed(head.header("Host"))) {
                return null;
            }
            gate.check(head::header, head.path());
            Query query = QueryParser.parse(head.query());
            QueryParser.requireKnown(query, bound.route().parameters());
            PlainExchange exchange = new PlainExchange(head, bound, path, query);
            Route.Streaming streaming = bound.route().streaming();
            return streaming != null && streaming.mediaType().equals(exchange.mediaType())
                    ? null
                    : exchange;
        } catch (BusException e) {
            // The long way finds the same, and says so.
            return null;
        }
    }

    private CompletableFuture<Answer> call(PlainExchange exchange) {
        try {
            admission.requireRoom();
            return exchange.call();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private boolean isHostAllowed(@Nullable String host) {
        if (host == null) {
            return false;
        }
        if (!host.equals(lastHost)) {
            try {
                Host.parse(host);
            } catch (IllegalArgumentException e) {
                return false;
            }
            lastHost = host;
        }
        return true;
    }
}
