package dev.restbus.door.security;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.context.ConfigurableApplicationContext;

/** Prints a refused start as the one line that it is; Boot makes it by its name. */
final class StartRefusedReporter implements SpringBootExceptionReporter {

    StartRefusedReporter(@Nullable ConfigurableApplicationContext context) {
        // Boot passes the context that failed; the message needs nothing of it.
    }

    @Override
    public boolean reportException(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof StartRefused) {
                System.err.println("restbus does not start: " + cause.getMessage());
                return true;
            }
        }
        return false;
    }
}
