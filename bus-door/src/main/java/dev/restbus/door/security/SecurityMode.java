package dev.restbus.door.security;

import java.util.Locale;
import org.springframework.core.env.Environment;

/** {@code bus.security}: who may call this node. */
enum SecurityMode {
    /** Bound to loopback; a {@code Host} or {@code Origin} that is not loopback is refused. */
    LOOPBACK,
    /** Any address; every call but health needs the bearer token. */
    TOKEN,
    /** Any address and any caller, with a warning each minute. */
    OPEN;

    /**
     * @throws StartRefused if it is none of the three
     */
    static SecurityMode of(Environment environment) {
        String text = environment.getProperty("bus.security", "loopback");
        try {
            return valueOf(text.trim().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new StartRefused("bus.security is loopback, token or open, not '" + text + "'");
        }
    }
}
