package dev.restbus.door.security;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Settings of Boot that every node needs, under all others, and the check that the address and
 * {@code bus.security} go together, before anything is opened.
 */
final class DoorDefaults implements EnvironmentPostProcessor {

    private static final Map<String, Object> DEFAULTS =
            Map.of(
                    // Both would read a form-typed body, which curl sends for any -d.
                    "spring.mvc.formcontent.filter.enabled", "false",
                    "spring.mvc.hiddenmethod.filter.enabled", "false",
                    // The door reads the request line itself; this filter would stand before it.
                    "spring.servlet.encoding.enabled", "false",
                    "server.error.whitelabel.enabled", "false");

    @Override
    public void postProcessEnvironment(
            ConfigurableEnvironment environment, SpringApplication application) {
        environment.getPropertySources().addLast(new MapPropertySource("door", DEFAULTS));
        SecurityMode mode = SecurityMode.of(environment);
        if (mode == SecurityMode.TOKEN) {
            Gate.token(environment);
        }
        String address = environment.getProperty("server.address");
        if (mode == SecurityMode.LOOPBACK) {
            if (address == null) {
                environment
                        .getPropertySources()
                        .addLast(
                                new MapPropertySource(
                                        "door-address", Map.of("server.address", "127.0.0.1")));
            } else if (!isLoopback(address)) {
                throw new StartRefused(
                        "server.address="
                                + address
                                + " is not loopback: set bus.security=token (or open) to serve"
                                + " other machines");
            }
        }
    }

    private static boolean isLoopback(@Nullable String address) {
        try {
            return InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
