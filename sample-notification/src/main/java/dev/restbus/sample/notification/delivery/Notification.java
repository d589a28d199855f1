package dev.restbus.sample.notification.delivery;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What stands on the topic {@code notifications}.
 *
 * @param id unique; what comes twice carries it twice
 * @param number grows with each notification of a source; null where it does not count them
 * @param createdAt epoch milliseconds
 * @param poison true for one that is meant to fail
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Notification(
        @Nullable String id,
        @Nullable String source,
        @Nullable Long number,
        @Nullable String recipient,
        @Nullable String text,
        @Nullable Long createdAt,
        @Nullable Boolean poison) {

    /**
     * Checks that it can be delivered.
     *
     * @throws UndeliverableException if not
     */
    void requireDeliverable() {
        if (id == null || id.isBlank()) {
            throw new UndeliverableException("a notification has an id");
        }
        if (Boolean.TRUE.equals(poison)) {
            throw new UndeliverableException("the notification is marked as poison");
        }
        if (recipient == null || recipient.indexOf('@') < 1 || recipient.endsWith("@")) {
            throw new UndeliverableException("no address to send to: " + recipient);
        }
    }
}
