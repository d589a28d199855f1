package dev.restbus.door.security;

import dev.restbus.api.FieldError;
import dev.restbus.api.ProblemCode;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what a browser sends from another site: a {@code Host} that only resolves to loopback
 * (DNS rebinding) and a foreign {@code Origin}.
 */
final class LoopbackGate implements Gate {

    private static final String HINT = "curl http://127.0.0.1:8080/v1/topics";

    /** The last good Host; a client sends the same one each time. */
    private String lastHost = "localhost";

    @Override
    public void check(Function<String, @Nullable String> headers, String uri) {
        String host = headers.apply("Host");
        if (host != null && !host.equals(lastHost)) {
            if (!isLoopbackAuthority(host, 0)) {
                throw refusal("Host", host);
            }
            lastHost = host;
        }
        String origin = headers.apply("Origin");
        if (origin != null && !isLoopbackOrigin(origin)) {
            throw refusal("Origin", origin);
        }
    }

    static boolean isLoopbackOrigin(String origin) {
        int authority = origin.indexOf("://");
        return authority > 0
                && (origin.startsWith("http://") || origin.startsWith("https://"))
                && isLoopbackAuthority(origin, authority + 3);
    }

    /** Whether the text from an index on is a loopback host with or without a port. */
    static boolean isLoopbackAuthority(String text, int from) {
        int end = text.length();
        int colon = text.lastIndexOf(':');
        if (colon > text.lastIndexOf(']') && colon >= from) {
            if (!isPort(text, colon + 1)) {
                return false;
            }
            end = colon;
        }
        String host = text.substring(from, end);
        return host.equalsIgnoreCase("localhost") || host.equals("[::1]") || isIpv4Loopback(host);
    }

    private static boolean isPort(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return text.length() - from <= 5;
    }

    private static boolean isIpv4Loopback(String host) {
        String[] parts = host.split("\\.", -1);
        if (parts.length != 4 || !parts[0].equals("127")) {
            return false;
        }
        for (String part : parts) {
            if (octet(part) == null) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable Integer octet(String text) {
        if (text.isEmpty() || text.length() > 3 || !isPort(text, 0)) {
            return null;
        }
        int value = Integer.parseInt(text);
        return value <= 255 ? value : null;
    }

    private static RuntimeException refusal(String header, String value) {
        return ProblemCode.FORBIDDEN
                .problem(
                        "this node serves loopback only (bus.security=loopback), and "
                                + header
                                + " is '"
                                + value
                                + "'")
                .withErrors(List.of(new FieldError(header, "not a loopback address")))
                .withHint(HINT)
                .asException();
    }
}
