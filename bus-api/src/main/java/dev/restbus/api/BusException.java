package dev.restbus.api;

/**
 * An expected failure on its way to the caller: it carries the {@link Problem} and no stack trace,
 * because it is an answer and not a fault of the program. Faults of the program stay ordinary
 * exceptions. Immutable.
 */
public final class BusException extends RuntimeException {

    private final transient Problem problem;

    public BusException(Problem problem) {
        super(problem.code().wireName() + ": " + problem.detail(), null, false, false);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
