package dev.restbus.sample.ecommerce.traffic;

/**
 * What stands on the topic {@code notifications}.
 *
 * @param id unique; what is sent twice carries it twice
 * @param source who wants the recipient to know
 * @param number grows by one with each notice of the source, also over restarts
 * @param createdAt epoch milliseconds
 */
record Notice(
        String id, String source, long number, String recipient, String text, long createdAt) {}
