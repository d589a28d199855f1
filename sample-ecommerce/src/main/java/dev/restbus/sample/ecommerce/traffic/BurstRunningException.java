package dev.restbus.sample.ecommerce.traffic;

/** A burst was asked for while one is under way. */
public final class BurstRunningException extends RuntimeException {

    BurstRunningException() {
        super("a burst is under way; the next one can start when it is over");
    }
}
