package dev.restbus.sample.gps.fix;

import dev.restbus.client.BusRecord;
import tools.jackson.databind.JsonNode;

/**
 * Where a cab was at a time. The cab is the key of its record, so that its fixes stay in order.
 *
 * @param lon degrees east, -180 to 180
 * @param lat degrees north, -90 to 90
 * @param at when the cab was there, epoch milliseconds by the clock of the cab
 * @param sentAt when it was handed to the bus, epoch milliseconds
 * @param trip one uninterrupted run of a cab; empty where the sender does not number its fixes
 * @param seq counts the fixes of a trip from 1; 0 where the sender does not number them
 */
public record Fix(
        String cab,
        double lon,
        double lat,
        double speedKmh,
        long at,
        long sentAt,
        String trip,
        long seq) {

    private static final int MAX_CAB_LENGTH = 100;

    /** A fix without a cab, or off the globe, is refused. */
    public Fix {
        if (cab.isBlank() || cab.length() > MAX_CAB_LENGTH) {
            throw new IllegalArgumentException(
                    "a cab has a name of 1 to " + MAX_CAB_LENGTH + " characters");
        }
        requireWithin("lon", lon, -180, 180);
        requireWithin("lat", lat, -90, 90);
        requireWithin("speedKmh", speedKmh, 0, 2_000);
    }

    /**
     * Reads a record; only the key, {@code lon} and {@code lat} are needed.
     *
     * @throws IllegalArgumentException if it is no fix
     * @throws tools.jackson.core.JacksonException if it is not JSON
     */
    public static Fix of(BusRecord record) {
        JsonNode json = record.json();
        String key = record.key();
        return new Fix(
                key == null ? json.path("cab").asString("") : key,
                json.path("lon").asDouble(Double.NaN),
                json.path("lat").asDouble(Double.NaN),
                json.path("speedKmh").asDouble(0),
                json.path("at").asLong(record.timestamp()),
                json.path("sentAt").asLong(record.timestamp()),
                json.path("trip").asString(""),
                json.path("seq").asLong(0));
    }

    /** The same fix, sent now. */
    public Fix sent(long nowMs) {
        return new Fix(cab, lon, lat, speedKmh, at, nowMs, trip, seq);
    }

    private static void requireWithin(String name, double value, double min, double max) {
        // Written so that NaN is refused too.
        if (!(value >= min && value <= max)) {
            throw new IllegalArgumentException(
                    name + " is from " + min + " to " + max + ", not " + value);
        }
    }
}
