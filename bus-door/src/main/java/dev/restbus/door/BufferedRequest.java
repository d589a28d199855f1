package dev.restbus.door;

import dev.restbus.api.batch.Slice;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Spring MVC sees: the body already in memory, no trailing slash, parameters of the query
 * only, and {@code application/json} where the caller sent no type or curl's form type.
 */
final class BufferedRequest extends HttpServletRequestWrapper {

    private static final String CONTENT_TYPE = "Content-Type";
    private static final String CONTENT_LENGTH = "Content-Length";
    private static final String CONTENT_ENCODING = "Content-Encoding";

    private final HttpServletRequest original;
    private final RequestPath path;
    private final Map<String, String[]> parameters = new LinkedHashMap<>();
    private final boolean typed;
    private Slice body = FrontDoor.NO_BODY;

    BufferedRequest(HttpServletRequest original, RequestPath path, Query query) {
        super(original);
        this.original = original;
        this.path = path;
        for (String name : query.names()) {
            parameters.put(name, new String[] {query.text(name, "")});
        }
        this.typed = HotExchange.mediaType(original.getContentType()) != null;
    }

    HttpServletRequest original() {
        return original;
    }

    /**
     * @throws dev.restbus.api.BusException 400 {@code malformed-encoding} if JSON is not UTF-8
     */
    void setBody(Slice whole) {
        FrontDoor.requireJsonText(HotExchange.mediaType(getContentType()), whole);
        body = whole;
    }

    @Override
    public String getRequestURI() {
        return path.raw();
    }

    @Override
    public String getServletPath() {
        String mapped = super.getServletPath();
        return mapped.length() > 1 && mapped.endsWith("/")
                ? mapped.substring(0, mapped.length() - 1)
                : mapped;
    }

    @Override
    public StringBuffer getRequestURL() {
        StringBuffer url = super.getRequestURL();
        int end = url.length() - 1;
        if (path.raw().length() > 1 && url.charAt(end) == '/') {
            url.setLength(end);
        }
        return url;
    }

    @Override
    public @Nullable String getContentType() {
        if (typed) {
            return super.getContentType();
        }
        return hasBodyMethod() ? Answer.JSON : null;
    }

    @Override
    public @Nullable String getHeader(String name) {
        return describesBody(name) ? ofBody(name) : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        if (!describesBody(name)) {
            return super.getHeaders(name);
        }
        String value = ofBody(name);
        return Collections.enumeration(value == null ? List.of() : List.of(value));
    }

    private static boolean describesBody(String name) {
        return CONTENT_TYPE.equalsIgnoreCase(name)
                || CONTENT_LENGTH.equalsIgnoreCase(name)
                || CONTENT_ENCODING.equalsIgnoreCase(name);
    }

    /** What such a header says of the body in memory, which is decoded. */
    private @Nullable String ofBody(String name) {
        if (CONTENT_TYPE.equalsIgnoreCase(name)) {
            return getContentType();
        }
        boolean sent = super.getHeader(CONTENT_LENGTH) != null;
        return sent && CONTENT_LENGTH.equalsIgnoreCase(name)
                ? Integer.toString(body.length())
                : null;
    }

    @Override
    public int getContentLength() {
        return body.length();
    }

    @Override
    public long getContentLengthLong() {
        return body.length();
    }

    @Override
    public ServletInputStream getInputStream() {
        return new Bytes(body);
    }

    @Override
    public BufferedReader getReader() {
        return new BufferedReader(new InputStreamReader(new Bytes(body), StandardCharsets.UTF_8));
    }

    @Override
    public @Nullable String getParameter(String name) {
        String[] values = parameters.get(name);
        return values == null ? null : values[0];
    }

    @Override
    public Map<String, String[]> getParameterMap() {
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public Enumeration<String> getParameterNames() {
        return Collections.enumeration(parameters.keySet());
    }

    @Override
    public String @Nullable [] getParameterValues(String name) {
        String[] values = parameters.get(name);
        return values == null ? null : values.clone();
    }

    private boolean hasBodyMethod() {
        switch (getMethod()) {
            case "PUT":
            case "POST":
            case "PATCH":
                return true;
            default:
                return false;
        }
    }

    private static final class Bytes extends ServletInputStream {

        private final ByteArrayInputStream in;

        Bytes(Slice body) {
            in = new ByteArrayInputStream(body.bytes(), body.at(), body.length());
        }

        @Override
        public int read() {
            return in.read();
        }

        @Override
        public int read(byte[] target, int at, int length) {
            return in.read(target, at, length);
        }

        @Override
        public int available() {
            return in.available();
        }

        @Override
        public boolean isFinished() {
            return in.available() == 0;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            throw new IllegalStateException("the body is in memory; read it");
        }
    }
}
