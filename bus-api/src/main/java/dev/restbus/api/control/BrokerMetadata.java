package dev.restbus.api.control;

import java.util.UUID;

/**
 * A broker.
 *
 * @param id from 1
 * @param url where clients and peers reach it
 * @param incarnation one life of its process
 * @param epoch from 1, one more each registration
 */
public record BrokerMetadata(int id, String url, UUID incarnation, long epoch) {}
