package dev.restbus.coordinator;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How a coordinator is set up. Immutable.
 *
 * @param queueCapacity how many commands may wait, 1 or more; further ones are refused with 503
 */
@ConfigurationProperties("bus.coordinator")
public record CoordinatorProperties(@DefaultValue("1024") int queueCapacity) {

    public CoordinatorProperties {
        if (queueCapacity < 1) {
            throw new IllegalArgumentException(
                    "bus.coordinator.queue-capacity is 1 or more, not " + queueCapacity);
        }
    }
}
