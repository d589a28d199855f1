package dev.restbus.sample.gps.replay;

/**
 * One line of a track file.
 *
 * @param at epoch milliseconds
 */
record TrackPoint(String vehicle, double lon, double lat, double speedKmh, long at) {}
