package dev.restbus.door.security;

/** The configuration is not safe to start with; its message is the one line the operator sees. */
final class StartRefused extends RuntimeException {

    StartRefused(String message) {
        super(message, null, false, false);
    }
}
