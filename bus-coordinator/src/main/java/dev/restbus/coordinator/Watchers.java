package dev.restbus.coordinator;

import dev.restbus.api.control.CoordinatorChannel.Watch;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is called back with each newer value. {@link #tell} and {@link Registration#begin} run on one
 * thread, so that nobody misses a value or gets one twice; closing is fine on any.
 */
final class Watchers<T> {

    private static final Logger log = LoggerFactory.getLogger(Watchers.class);

    private final List<Registration> registrations = new CopyOnWriteArrayList<>();

    Registration registration(Consumer<T> onChange, Supplier<List<T>> present) {
        return new Registration(onChange, present);
    }

    void tell(T value) {
        registrations.forEach(registration -> registration.tell(value));
    }

    /** One watcher. */
    final class Registration implements Watch {

        private final Consumer<T> onChange;
        private final Supplier<List<T>> present;
        private volatile boolean closed;

        private Registration(Consumer<T> onChange, Supplier<List<T>> present) {
            this.onChange = onChange;
            this.present = present;
        }

        /** Calls back with what is there now, and from now on with what comes. */
        void begin() {
            registrations.add(this);
            present.get().forEach(this::tell);
            if (closed) {
                registrations.remove(this);
            }
        }

        /** A watcher that fails must not stop the coordinator or the other watchers. */
        private void tell(T value) {
            if (closed) {
                return;
            }
            try {
                onChange.accept(value);
            } catch (RuntimeException e) {
                log.error("A watcher failed on {}", value, e);
            }
        }

        @Override
        public void close() {
            closed = true;
            registrations.remove(this);
        }
    }
}
