package dev.restbus.client.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Calls the annotated bean method for each record of a group. Each parameter gets the record in its
 * own way: {@code BusRecord} as it is, {@code String} and {@code byte[]} its value, any other type
 * the value bound by Jackson. Returning means done; throwing hands the record to the group's retry
 * policy. All members may hold placeholders.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface BusListener {

    String[] topics();

    String group();

    /** The name under which {@link BusListeners} knows it; {@code bean.method} unless given. */
    String id() default "";

    /** Threads, each a member of the group. */
    String concurrency() default "1";

    /** Records a second over all threads, evenly spaced; as fast as it can unless given. */
    String ratePerSecond() default "";

    /** The most records that one poll takes; a paced listener takes fewer. */
    String maxRecords() default "500";

    /**
     * Without a sign of life for so long the bus gives its partitions to others, {@code 10s} say.
     * Signs are given also while a handler's batch takes long, but not while one record does.
     */
    String sessionTimeout() default "45s";

    /** Where a group without a committed offset begins: {@code earliest} or {@code latest}. */
    String startAt() default "earliest";
}
