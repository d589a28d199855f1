package dev.restbus.door.tomcat;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.coyote.Adapter;
import org.apache.coyote.Constants;
import org.apache.coyote.ErrorState;
import org.apache.coyote.Processor;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.http.MimeHeaders;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * HTTP/1.1 as Tomcat speaks it, with what it leaves to others: one deadline for a whole request
 * head, where Tomcat's timeout starts again with each byte; the refusal of a body that is framed
 * twice (RFC 9112 §6.3), which Tomcat forgives; and no timeout for a request that has none. Tomcat
 * makes it by its name.
 */
public final class DoorProtocol extends Http11NioProtocol {

    static final String REFUSAL = "dev.restbus.door.refusal";

    /** Where a request tells its {@link Connection}; Tomcat itself uses low numbers. */
    static final int CONNECTION_NOTE = 30;

    private long headerTimeoutMs = 10_000;

    /** Called by Tomcat. */
    public DoorProtocol() {
        super(new DoorEndpoint());
    }

    void setLane(Lane lane) {
        ((DoorEndpoint) getEndpoint()).setLane(lane);
    }

    /** How long a request line and its headers may take from their first byte, in all. */
    void setHeaderTimeoutMs(long headerTimeoutMs) {
        this.headerTimeoutMs = headerTimeoutMs;
    }

    @Override
    protected Processor createProcessor() {
        return new HeadProcessor(this, getAdapter(), headerTimeoutMs);
    }

    private static final class HeadProcessor extends Http11Processor {

        private final long timeoutNanos;

        /** True from a head that came in part until the rest of it came. */
        private boolean headIncomplete;

        HeadProcessor(AbstractHttp11Protocol<?> protocol, Adapter adapter, long timeoutMs) {
            super(protocol, adapter);
            this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
            // Stays from request to request, so that it costs none of them anything.
            request.setNote(
                    CONNECTION_NOTE,
                    (Supplier<Connection>) () -> new Connection(getSocketWrapper()));
        }

        /**
         * Asked once a second of whatever waits. Tomcat also times out a processor whose request
         * has just been completed, to be sure that it is cleaned up; where the connection's next
         * request waits by then, that one is timed out instead. A request without a timeout has
         * none here.
         */
        @Override
        public void timeoutAsync(long now) {
            boolean stopping = now < 0;
            if (stopping || (isAsync() && getAsyncTimeout() > 0)) {
                super.timeoutAsync(now);
            }
        }

        @Override
        public SocketState process(SocketWrapperBase<?> socket, SocketEvent event)
                throws IOException {
            if (isHeadIncomplete()
                    && event == SocketEvent.ERROR
                    && socket.getError() instanceof SocketTimeoutException) {
                return cut(socket);
            }
            return super.process(socket, event);
        }

        @Override
        public SocketState service(SocketWrapperBase<?> socket) throws IOException {
            if (isHeadIncomplete() && remainingNanos() <= 0) {
                return cut(socket);
            }
            SocketState state = super.service(socket);
            headIncomplete = state == SocketState.LONG && !isAsync();
            if (headIncomplete) {
                // Tomcat's poller now closes a socket that stays silent for the rest of the time.
                socket.setReadTimeout(Math.max(1, TimeUnit.NANOSECONDS.toMillis(remainingNanos())));
            }
            return state;
        }

        /**
         * The only call that Tomcat makes between parsing a head and preparing the request, which
         * drops {@code Content-Length} where there is {@code Transfer-Encoding}.
         */
        @Override
        protected ErrorState getErrorState() {
            if (request.getRequestProcessor().getStage() == Constants.STAGE_PARSE
                    && !super.getErrorState().isError()) {
                checkHead();
            }
            return super.getErrorState();
        }

        private void checkHead() {
            if (request.protocol().equals("")) {
                // HTTP/0.9 has no status line, so Tomcat would send a bare body.
                sendRaw(getSocketWrapper(), RawAnswer.HTTP_09);
                setErrorState(ErrorState.CLOSE_CONNECTION_NOW, null);
                return;
            }
            MimeHeaders headers = request.getMimeHeaders();
            if (headers.getValue("transfer-encoding") != null
                    && headers.getValue("content-length") != null) {
                request.setAttribute(
                        REFUSAL, "a request has Content-Length or Transfer-Encoding, not both");
                response.setStatus(400);
                setErrorState(ErrorState.CLOSE_CLEAN, null);
            }
        }

        /** A processor that was given back to the pool meanwhile has no start time. */
        private boolean isHeadIncomplete() {
            return headIncomplete && request.getStartTimeNanos() != -1;
        }

        private long remainingNanos() {
            return request.getStartTimeNanos() + timeoutNanos - System.nanoTime();
        }

        private static SocketState cut(SocketWrapperBase<?> socket) {
            sendRaw(socket, RawAnswer.HEAD_TIMEOUT);
            return SocketState.CLOSED;
        }

        /** Best effort: the connection is closed next, whether or not the caller reads it. */
        private static void sendRaw(SocketWrapperBase<?> socket, RawAnswer answer) {
            try {
                socket.write(false, answer.bytes, 0, answer.bytes.length);
                socket.flush(false);
            } catch (IOException e) {
                socket.setError(e);
            }
        }
    }

    /** Answers to a connection that has no parsed request to answer. */
    private enum RawAnswer {
        HEAD_TIMEOUT(
                "408 Request Timeout",
                408,
                "body-timeout",
                "The request did not arrive in time",
                "the request line and its headers took too long",
                true),
        HTTP_09(
                "505 HTTP Version Not Supported",
                505,
                "unsupported-http-version",
                "The HTTP version is not supported",
                "send HTTP/1.1 or HTTP/1.0",
                false);

        private final byte[] bytes;

        RawAnswer(
                String statusLine,
                int status,
                String code,
                String title,
                String detail,
                boolean retryable) {
            String body =
                    "{\"type\":\"/problems/"
                            + code
                            + "\",\"title\":\""
                            + title
                            + "\",\"status\":"
                            + status
                            + ",\"detail\":\""
                            + detail
                            + "\",\"code\":\""
                            + code
                            + "\",\"retryable\":"
                            + retryable
                            + ",\"outcome\":\"none\",\"traceId\":\"unread\"}";
            String head =
                    "HTTP/1.1 "
                            + statusLine
                            + "\r\nContent-Type: application/problem+json\r\nContent-Length: "
                            + body.length()
                            + "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
            bytes = (head + body).getBytes(StandardCharsets.US_ASCII);
        }
    }
}
