package dev.restbus.door.security;

import dev.restbus.api.ProblemCode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Wants {@code Authorization: Bearer <token>} on every path but health. */
final class TokenGate implements Gate {

    private static final String SCHEME = "Bearer ";
    private static final String HEALTH = "/actuator/health";

    private final byte[] token;

    TokenGate(String token) {
        this.token = token.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void check(Function<String, @Nullable String> headers, String uri) {
        if (uri.startsWith(HEALTH)
                && (uri.length() == HEALTH.length() || uri.charAt(HEALTH.length()) == '/')) {
            return;
        }
        String sent = headers.apply("Authorization");
        if (sent == null || !sent.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw ProblemCode.UNAUTHORIZED
                    .problem("this node needs a bearer token (bus.security=token)")
                    .withHint("curl -H \"Authorization: Bearer $BUS_TOKEN\" …")
                    .asException();
        }
        byte[] offered = sent.substring(SCHEME.length()).trim().getBytes(StandardCharsets.UTF_8);
        if (!MessageDigest.isEqual(token, offered)) {
            throw ProblemCode.UNAUTHORIZED.exception(
                    "the bearer token is not the one of this node");
        }
    }
}
