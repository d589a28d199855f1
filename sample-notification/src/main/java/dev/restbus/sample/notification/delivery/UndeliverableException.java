package dev.restbus.sample.notification.delivery;

/** A notification cannot be delivered as it is. */
final class UndeliverableException extends RuntimeException {

    UndeliverableException(String why) {
        super(why);
    }
}
