package dev.restbus.door.security;

import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/**
 * Decides on every request whether it may enter. Thread-safe.
 *
 * <p>In mode {@code token} the health endpoints stay open, because probes carry no secrets;
 * everything else, problem pages and Swagger UI too, needs the token.
 */
public interface Gate extends AutoCloseable {

    /**
     * @param headers the first header of a name, in any case, or null
     * @param uri the raw request URI
     * @throws dev.restbus.api.BusException 401 {@code unauthorized} or 403 {@code forbidden}
     */
    void check(Function<String, @Nullable String> headers, String uri);

    @Override
    default void close() {}

    /**
     * The gate that {@code bus.security} asks for.
     *
     * @throws StartRefused if the mode needs a token and there is none that is kept secret
     */
    static Gate of(Environment environment) {
        switch (SecurityMode.of(environment)) {
            case LOOPBACK:
                return new LoopbackGate();
            case TOKEN:
                return new TokenGate(token(environment));
            default:
                return new OpenGate();
        }
    }

    /**
     * The token in {@code BUS_TOKEN}, else the one in the file {@code bus.security.token-file},
     * which is made with a random one where it is missing.
     *
     * @throws StartRefused if there is neither, or others may read the file
     */
    static String token(Environment environment) {
        String token = environment.getProperty("BUS_TOKEN", "").trim();
        if (!token.isEmpty()) {
            return token;
        }
        String file = environment.getProperty("bus.security.token-file", "").trim();
        if (file.isEmpty()) {
            throw new StartRefused(
                    "bus.security=token needs the token in BUS_TOKEN or a file for it in"
                            + " bus.security.token-file");
        }
        return TokenFile.read(Path.of(file));
    }
}
