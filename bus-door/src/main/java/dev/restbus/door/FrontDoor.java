package dev.restbus.door;

import dev.restbus.api.BusException;
import dev.restbus.api.Problem;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.door.encoding.ContentDecoder;
import dev.restbus.door.json.StrictJson;
import dev.restbus.door.security.Gate;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The first filter of every request: who may call, limits, deadlines and encodings for every path;
 * then a hot {@link Route}, or Spring MVC with the body already read. It reads the request line by
 * hand and never asks for a parameter, which would eat a form-typed body. Thread-safe.
 */
final class FrontDoor implements Filter {

    static final String CONTENT_TYPE_OPTIONS = "X-Content-Type-Options";
    static final String NO_SNIFF = "nosniff";
    static final String SERVED_BY = "Bus-Served-By";

    static final int MAX_URI_LENGTH = 8 * 1024;

    static final Slice NO_BODY = new Slice(new byte[0], 0, 0);

    private final RouteTable routes;
    private final MvcPaths mvc;
    private final Gate gate;
    private final DoorProperties properties;
    private final Deadlines deadlines;
    private final Admission admission;

    FrontDoor(
            RouteTable routes,
            MvcPaths mvc,
            Gate gate,
            DoorProperties properties,
            Admission admission,
            Deadlines deadlines) {
        this.routes = routes;
        this.mvc = mvc;
        this.gate = gate;
        this.properties = properties;
        this.deadlines = deadlines;
        this.admission = admission;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request.getDispatcherType() == DispatcherType.REQUEST) {
            enter((HttpServletRequest) request, (HttpServletResponse) response, chain);
        } else {
            // A request that waited for its body, or for a result of MVC, goes on where it was.
            AnswerEncoding.pass(chain, request, response);
        }
    }

    private void enter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        response.setHeader(CONTENT_TYPE_OPTIONS, NO_SNIFF);
        if (!properties.node().isEmpty()) {
            response.setHeader(SERVED_BY, properties.node());
        }
        try {
            String uri = request.getRequestURI();
            gate.check(request::getHeader, uri);
            String query = request.getQueryString();
            requireLength(uri, query);
            RequestPath path = RequestPath.parse(uri);
            RouteTable.Endpoint endpoint = routes.find(path);
            RouteTable.Bound bound =
                    endpoint == null ? null : endpoint.forMethod(request.getMethod());
            if (bound != null) {
                serveHot(request, response, bound, path, QueryParser.parse(query));
            } else {
                serveMvc(request, response, chain, path, endpoint);
            }
        } catch (BusException e) {
            refuse(request, response, e.problem());
        }
    }

    private void serveHot(
            HttpServletRequest request,
            HttpServletResponse response,
            RouteTable.Bound bound,
            RequestPath path,
            Query query)
            throws IOException {
        QueryParser.requireKnown(query, bound.route().parameters());
        Reply reply = new Reply(admission, deadlines, request, response);
        HotExchange exchange = new HotExchange(admission, request, bound, path, query, reply);
        BodyConsumer consumer = exchange.consumer();
        if (consumer != null) {
            stream(request, response, consumer, reply);
            return;
        }
        if (!hasBody(request)) {
            exchange.serve(NO_BODY);
            return;
        }
        BodyReader body = announced(request, response);
        if (body.readBuffered()) {
            exchange.serve(body.whole());
        } else {
            body.readOn(request, exchange::serveLate);
        }
    }

    private void stream(
            HttpServletRequest request,
            HttpServletResponse response,
            BodyConsumer consumer,
            Reply reply)
            throws IOException {
        if (!hasBody(request)) {
            reply.settle(null, consumer.finish(NO_BODY, null));
            return;
        }
        new BodyStream(
                        request,
                        response,
                        properties,
                        admission,
                        deadlines,
                        decoderOf(request),
                        consumer,
                        reply)
                .start();
    }

    private void serveMvc(
            HttpServletRequest request,
            HttpServletResponse response,
            FilterChain chain,
            RequestPath path,
            RouteTable.@Nullable Endpoint endpoint)
            throws IOException, ServletException {
        MvcPaths.Match match = mvc.find(path);
        String method = request.getMethod();
        boolean known = endpoint != null || match.isKnown();
        if (known) {
            TreeSet<String> allowed = allowed(endpoint, match);
            if (!allowed.contains(method)) {
                throw methodNotAllowed(response, method, allowed);
            }
            if (method.equals("OPTIONS")) {
                response.setHeader("Allow", String.join(", ", allowed));
                response.setStatus(204);
                finishUnread(request, response);
                return;
            }
        } else if (!method.equals("GET") && !method.equals("HEAD") && !hasOwnServlet(request)) {
            // What is left are static resources, which are only read.
            throw notFound(path);
        }
        Query query = QueryParser.parse(request.getQueryString());
        match.requireKnownParameters(method, query);
        passOn(new BufferedRequest(request, path, query), response, AnswerEncoding.around(chain));
    }

    /** Whether another servlet than Spring's is registered at this path. */
    private static boolean hasOwnServlet(HttpServletRequest request) {
        return !"dispatcherServlet".equals(request.getHttpServletMapping().getServletName());
    }

    private void passOn(BufferedRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        HttpServletRequest raw = request.original();
        if (!hasBody(raw)) {
            chain.doFilter(request, response);
            return;
        }
        BodyReader body = announced(raw, response);
        if (body.readBuffered()) {
            request.setBody(body.whole());
            chain.doFilter(request, response);
        } else {
            body.readOn(request, (context, whole) -> dispatch(context, request, whole));
        }
    }

    private static void dispatch(AsyncContext context, BufferedRequest request, Slice whole) {
        request.setBody(whole);
        context.dispatch();
    }

    private static boolean hasBody(HttpServletRequest request) {
        long length = request.getContentLengthLong();
        return length > 0 || (length < 0 && request.getHeader("Transfer-Encoding") != null);
    }

    /** What will read the body, after the checks that need only the headers. */
    private BodyReader announced(HttpServletRequest request, HttpServletResponse response) {
        long length = request.getContentLengthLong();
        if (length > properties.maxBodyBytes()) {
            throw BodyReader.tooLarge(length, properties.maxBodyBytes()).asException();
        }
        return reader(request, response, decoderOf(request));
    }

    private static @Nullable ContentDecoder decoderOf(HttpServletRequest request) {
        String encoding = request.getHeader("Content-Encoding");
        return encoding == null
                ? null
                : ContentDecoder.of(
                        String.join(
                                ", ", Collections.list(request.getHeaders("Content-Encoding"))));
    }

    private void refuse(HttpServletRequest request, HttpServletResponse response, Problem problem)
            throws IOException {
        BodyReader body = reader(request, response, null);
        if (body.skipBuffered()) {
            ProblemWriter.write(request, response, problem);
        } else {
            body.refuse(problem);
        }
    }

    private void finishUnread(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        BodyReader body = reader(request, response, null);
        if (!body.skipBuffered()) {
            body.linger();
        }
    }

    private BodyReader reader(
            HttpServletRequest request,
            HttpServletResponse response,
            @Nullable ContentDecoder decoder) {
        return new BodyReader(request, response, properties, admission, deadlines, decoder);
    }

    private static void requireLength(String uri, @Nullable String query) {
        int length = uri.length() + (query == null ? 0 : query.length() + 1);
        if (length > MAX_URI_LENGTH) {
            throw ProblemCode.URI_TOO_LONG.exception(
                    "the request target has " + length + " bytes, at most " + MAX_URI_LENGTH);
        }
    }

    private static TreeSet<String> allowed(
            RouteTable.@Nullable Endpoint endpoint, MvcPaths.Match match) {
        TreeSet<String> methods = new TreeSet<>(match.methods());
        if (endpoint != null) {
            endpoint.addMethods(methods);
        }
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        methods.add("OPTIONS");
        return methods;
    }

    private static BusException methodNotAllowed(
            HttpServletResponse response, String method, TreeSet<String> allowed) {
        response.setHeader("Allow", String.join(", ", allowed));
        return ProblemCode.METHOD_NOT_ALLOWED.exception(
                "this path does not support " + method + ", but " + String.join(", ", allowed));
    }

    static BusException notFound(RequestPath path) {
        return ProblemCode.NOT_FOUND.exception("there is nothing at " + path.raw());
    }

    /** The media types that a body of MVC is bound from. */
    static void requireJsonText(@Nullable String mediaType, Slice body) {
        boolean json =
                mediaType != null
                        && (mediaType.equals("application/json") || mediaType.endsWith("+json"));
        if (json && body.length() > 0) {
            StrictJson.requireUtf8(body.bytes(), body.at(), body.length());
        }
    }
}
