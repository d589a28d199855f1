package dev.restbus.sample.gps.fleet;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A made-up road network around a city centre: a bent grid with a few missing streets, an avenue
 * every fourth row and column, and two diagonal avenues. The same on every start. Immutable.
 */
final class Roads {

    /** Central Athens, so that recorded tracks from there lie on the same map. */
    static final double CENTRE_LON = 23.7311;

    static final double CENTRE_LAT = 37.9842;

    private static final int COLUMNS = 17;
    private static final int ROWS = 11;
    private static final double SPACING_M = 255;
    private static final double BEND_M = 60;
    private static final int AVENUE_EVERY = 4;
    private static final double MISSING = 0.14;
    private static final long SEED = 1896;

    private static final double METRES_PER_DEGREE = 111_320;
    private static final double METRES_PER_DEGREE_LON =
            METRES_PER_DEGREE * Math.cos(Math.toRadians(CENTRE_LAT));

    private final List<Crossing> crossings = new ArrayList<>();
    private final List<Road> roads = new ArrayList<>();
    private final List<List<Road>> roadsOf = new ArrayList<>();

    Roads() {
        SplittableRandom random = new SplittableRandom(SEED);
        placeCrossings(random);
        layGrid(random);
        for (int row = 0; row + 1 < ROWS; row++) {
            lay(at(row + 3, row), at(row + 4, row + 1), true);
            lay(at(13 - row, row), at(12 - row, row + 1), true);
        }
    }

    List<Crossing> crossings() {
        return crossings;
    }

    List<Road> roads() {
        return roads;
    }

    List<Road> roadsOf(int crossing) {
        return roadsOf.get(crossing);
    }

    private void placeCrossings(SplittableRandom random) {
        for (int row = 0; row < ROWS; row++) {
            for (int column = 0; column < COLUMNS; column++) {
                double east = (column - (COLUMNS - 1) / 2.0) * SPACING_M + bend(random);
                double north = (row - (ROWS - 1) / 2.0) * SPACING_M + bend(random);
                crossings.add(
                        new Crossing(
                                CENTRE_LON + east / METRES_PER_DEGREE_LON,
                                CENTRE_LAT + north / METRES_PER_DEGREE));
                roadsOf.add(new ArrayList<>());
            }
        }
    }

    private void layGrid(SplittableRandom random) {
        for (int row = 0; row < ROWS; row++) {
            for (int column = 0; column < COLUMNS; column++) {
                boolean avenueRow = row % AVENUE_EVERY == 1;
                boolean avenueColumn = column % AVENUE_EVERY == 0;
                if (column + 1 < COLUMNS && (avenueRow || random.nextDouble() >= MISSING)) {
                    lay(at(column, row), at(column + 1, row), avenueRow);
                }
                if (row + 1 < ROWS && (avenueColumn || random.nextDouble() >= MISSING)) {
                    lay(at(column, row), at(column, row + 1), avenueColumn);
                }
            }
        }
    }

    private void lay(int from, int to, boolean avenue) {
        Crossing a = crossings.get(from);
        Crossing b = crossings.get(to);
        double metres =
                Math.hypot(
                        (a.lon() - b.lon()) * METRES_PER_DEGREE_LON,
                        (a.lat() - b.lat()) * METRES_PER_DEGREE);
        Road road = new Road(from, to, avenue, metres);
        roads.add(road);
        roadsOf.get(from).add(road);
        roadsOf.get(to).add(road);
    }

    private static double bend(SplittableRandom random) {
        return random.nextDouble(-BEND_M, BEND_M);
    }

    private static int at(int column, int row) {
        return row * COLUMNS + column;
    }

    record Crossing(double lon, double lat) {}

    record Road(int from, int to, boolean avenue, double metres) {

        int otherEnd(int crossing) {
            return crossing == from ? to : from;
        }
    }
}
