package dev.restbus.sample.ecommerce.traffic;

/**
 * When the events of a burst are due: so many a second, evenly spaced, the first at once. Nothing
 * accumulates: each time is counted from the start. Immutable.
 *
 * @param perSecond above 0
 * @param events how many there are in all
 */
record EvenSchedule(double perSecond, int events) {

    private static final double NANOS_PER_SECOND = 1e9;

    /** All events of a burst of some seconds. */
    static EvenSchedule of(double perSecond, int seconds) {
        return new EvenSchedule(perSecond, (int) Math.round(perSecond * seconds));
    }

    /**
     * Nanoseconds from the start of the burst.
     *
     * @param event counted from 0
     */
    long dueNanos(int event) {
        return Math.round(event * NANOS_PER_SECOND / perSecond);
    }
}
