package dev.restbus.sample.gps.replay;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/**
 * Reads a CSV file of tracks: RFC 4180 in UTF-8, a header with the columns {@code track_id}, {@code
 * lon}, {@code lat}, {@code speed_kmh} and {@code time} in any order, times in UTC. Stateless.
 */
final class TrackFile {

    private static final List<String> COLUMNS =
            List.of("track_id", "lon", "lat", "speed_kmh", "time");

    private static final CSVFormat FORMAT =
            CSVFormat.RFC4180
                    .builder()
                    .setHeader()
                    .setDuplicateHeaderMode(DuplicateHeaderMode.DISALLOW)
                    .setSkipHeaderRecord(true)
                    .setIgnoreEmptyLines(true)
                    .setTrim(true)
                    .get();

    /** Spreadsheets write it. */
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private static final int MAX_NAME_LENGTH = 100;
    private static final double MAX_KMH = 2_000;

    private TrackFile() {}

    /**
     * All points, in the order of the file.
     *
     * @throws BadLineException at the first line that is not a point
     */
    static List<TrackPoint> read(byte[] csv) {
        try (CSVParser parser = parser(csv)) {
            return points(parser);
        } catch (IOException e) {
            throw new BadLineException(1, reasonOf(e));
        } catch (IllegalArgumentException e) {
            throw new BadLineException(1, "the header cannot be used: " + e.getMessage());
        }
    }

    private static List<TrackPoint> points(CSVParser parser) {
        requireColumns(parser);
        List<TrackPoint> points = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        try {
            for (CSVRecord record : parser) {
                points.add(new Line(record, parser.getCurrentLineNumber()).point(names));
            }
        } catch (UncheckedIOException e) {
            throw new BadLineException(parser.getCurrentLineNumber() + 1, reasonOf(e.getCause()));
        }
        return points;
    }

    private static CSVParser parser(byte[] csv) throws IOException {
        int mark = Arrays.mismatch(csv, BYTE_ORDER_MARK) == 3 ? 3 : 0;
        Reader reader =
                new InputStreamReader(
                        new ByteArrayInputStream(csv, mark, csv.length - mark),
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT));
        return CSVParser.parse(reader, FORMAT);
    }

    private static void requireColumns(CSVParser parser) {
        List<String> missing =
                COLUMNS.stream().filter(name -> !parser.getHeaderNames().contains(name)).toList();
        if (!missing.isEmpty()) {
            throw new BadLineException(1, "the header lacks " + String.join(", ", missing));
        }
    }

    private static String reasonOf(IOException e) {
        return e instanceof CharacterCodingException
                ? "this or a line soon after it is not UTF-8"
                : String.valueOf(e.getMessage());
    }

    private record Line(CSVRecord record, long number) {

        TrackPoint point(Map<String, String> names) {
            if (!record.isConsistent()) {
                throw bad("has " + record.size() + " columns, unlike the header");
            }
            String vehicle = record.get("track_id");
            if (vehicle.isEmpty() || vehicle.length() > MAX_NAME_LENGTH) {
                throw bad("track_id is 1 to " + MAX_NAME_LENGTH + " characters");
            }
            return new TrackPoint(
                    names.computeIfAbsent(vehicle, name -> name),
                    number("lon", -180, 180),
                    number("lat", -90, 90),
                    number("speed_kmh", 0, MAX_KMH),
                    time());
        }

        private double number(String column, double min, double max) {
            try {
                double value = Double.parseDouble(record.get(column));
                // Written so that NaN is refused too.
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // Told below, like a number out of range.
            }
            throw bad(
                    column + " is a number from " + min + " to " + max + ", not " + quoted(column));
        }

        private long time() {
            try {
                return LocalDateTime.parse(record.get("time").replace(' ', 'T'))
                        .toInstant(ZoneOffset.UTC)
                        .toEpochMilli();
            } catch (DateTimeException | ArithmeticException e) {
                throw bad("time is like 1970-01-01 00:00:13.560, not " + quoted("time"));
            }
        }

        private String quoted(String column) {
            String text = record.get(column);
            return '"' + text.substring(0, Math.min(40, text.length())) + '"';
        }

        private BadLineException bad(String reason) {
            return new BadLineException(number, reason);
        }
    }
}
