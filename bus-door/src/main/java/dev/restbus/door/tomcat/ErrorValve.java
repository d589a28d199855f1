package dev.restbus.door.tomcat;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.ActionCode;
import org.apache.coyote.ContinueResponseTiming;
import org.apache.tomcat.util.http.MimeHeaders;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.apache.tomcat.util.res.StringManager;
import org.jspecify.annotations.Nullable;

/**
 * In place of Tomcat's HTML page: gives every error that Tomcat or {@code sendError} answers, and
 * every error without a body, to an {@link ErrorAnswer}. Thread-safe.
 */
public final class ErrorValve extends ErrorReportValve {

    /** Request attribute with a Runnable that sends {@code 100 Continue}, where one is expected. */
    public static final String CONTINUE = "dev.restbus.door.continue";

    private static final String HEADER_TOO_LARGE =
            StringManager.getManager("org.apache.coyote.http11")
                    .getString("iib.requestheadertoolarge.error");

    private final ErrorAnswer answer;

    /** The request attribute that holds what Tomcat's own wrappers hide. */
    private static final String INNER = ErrorValve.class.getName() + ".inner";

    public ErrorValve(ErrorAnswer answer) {
        this.answer = answer;
        setShowReport(false);
        setShowServerInfo(false);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        if (request.getCoyoteRequest().hasExpectation()) {
            request.setAttribute(
                    CONTINUE, (Runnable) () -> sendContinue(request.getCoyoteRequest()));
        }
        request.setAttribute(INNER, request.getCoyoteRequest());
        super.invoke(request, response);
    }

    /** The headers as the bytes that were sent. */
    public static MimeHeaders headersOf(ServletRequest request) {
        return inner(request).getMimeHeaders();
    }

    /**
     * Called within {@code AsyncContext.start} after a read has failed there, has the container
     * tell the read listener's {@code onError}, as it does where a thread of its own reads.
     */
    public static void raise(ServletRequest request) {
        inner(request).action(ActionCode.DISPATCH_READ, null);
    }

    /**
     * Throws away what has come of a body behind its answer: Tomcat closes its own stream with the
     * last byte of an answer. Where more is to come, the container calls the read listener.
     *
     * @return whether the body is over
     */
    public static boolean discard(ServletRequest request) throws IOException {
        org.apache.coyote.Request inner = inner(request);
        while (!inner.isFinished() && inner.isReady() && inner.doRead(new Nowhere()) >= 0) {
            continue;
        }
        return inner.isFinished();
    }

    /** Takes what is read and forgets it. */
    private static final class Nowhere implements ApplicationBufferHandler {

        private ByteBuffer buffer = ByteBuffer.allocate(0);

        @Override
        public void setByteBuffer(ByteBuffer newBuffer) {
            buffer = newBuffer;
        }

        @Override
        public ByteBuffer getByteBuffer() {
            return buffer;
        }

        @Override
        public void expand(int size) {
            throw new IllegalStateException("the connector's buffer is handed over as it is");
        }
    }

    static org.apache.coyote.Request inner(ServletRequest request) {
        return (org.apache.coyote.Request) request.getAttribute(INNER);
    }

    private static void sendContinue(org.apache.coyote.Request request) {
        request.action(ActionCode.ACK, ContinueResponseTiming.ALWAYS);
    }

    @Override
    protected void report(Request request, Response response, @Nullable Throwable throwable) {
        int status = response.getStatus();
        boolean bare = !response.isError() && !request.isAsync();
        if (status < 400
                || response.getContentWritten() > 0
                || !(response.setErrorReported() || bare)
                || !mayWrite(response)) {
            return;
        }
        Throwable cause =
                throwable != null
                        ? throwable
                        : (Throwable)
                                request.getCoyoteRequest()
                                        .getAttribute(RequestDispatcher.ERROR_EXCEPTION);
        int known = statusOf(request, status, cause);
        String detail = detailOf(request, response, known, cause);
        response.resetBuffer(true);
        answer.write(request, response, known, detail);
    }

    private static boolean mayWrite(Response response) {
        AtomicBoolean allowed = new AtomicBoolean(false);
        response.getCoyoteResponse().action(ActionCode.IS_IO_ALLOWED, allowed);
        return allowed.get();
    }

    /** Tomcat answers 400 to whatever it cannot parse; the limits have statuses of their own. */
    private static int statusOf(Request request, int status, @Nullable Throwable cause) {
        if (status != 400 || cause == null) {
            return status;
        }
        if (HEADER_TOO_LARGE.equals(cause.getMessage())) {
            return request.getCoyoteRequest().requestURI().isNull() ? 414 : 431;
        }
        return cause instanceof IllegalStateException ? 431 : status;
    }

    private static String detailOf(
            Request request, Response response, int status, @Nullable Throwable cause) {
        Object known = request.getCoyoteRequest().getAttribute(DoorProtocol.REFUSAL);
        if (known instanceof String) {
            return (String) known;
        }
        switch (status) {
            case 414:
                return "the request line is longer than " + DoorTomcat.MAX_HEADER_BYTES + " bytes";
            case 431:
                return "the request has more than "
                        + DoorTomcat.MAX_HEADER_BYTES
                        + " bytes of headers, or more than "
                        + DoorTomcat.MAX_HEADERS
                        + " of them";
            default:
                return status < 500 ? firstOf(response.getMessage(), cause) : "";
        }
    }

    private static String firstOf(@Nullable String message, @Nullable Throwable cause) {
        if (message != null) {
            return message;
        }
        return cause != null && cause.getMessage() != null ? cause.getMessage() : "";
    }
}
