package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A file that goes in through a sample comes out of the bus: all of it, once, in order. */
class RealFilesTest {

    private static final DateTimeFormatter FILE_TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss[.SSS]");

    @TempDir Path folder;

    @Test
    void ordersComeOutAsTheFileHasThem() throws Exception {
        String file = SampleFiles.orders();
        Map<String, Map<String, List<String>>> expected = invoicesByKey(file);
        try (BusProcess bus = BusProcess.start(folder.resolve("orders"));
                SampleProcess shop = SampleProcess.start("sample-ecommerce", bus.url())) {
            JsonNode imported =
                    new BusHttp(shop.url()).postCsv("/orders/import", file).expect(200).body();

            Map<String, Map<String, List<String>>> found = ordersByKey(new BusHttp(bus.url()));
            int invoices = expected.values().stream().mapToInt(Map::size).sum();
            long lines = file.lines().count() - 1;
            System.out.printf("orders: %d invoices, %d lines%n", invoices, lines);
            assertThat(imported.get("invoices").asInt()).isEqualTo(invoices);
            assertThat(imported.get("lines").asLong()).isEqualTo(lines);
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            expected.forEach(
                    (key, orders) -> assertThat(found.get(key)).containsExactlyEntriesOf(orders));
        }
    }

    @Test
    void tracksComeOutAsTheFileHasThem() throws Exception {
        String file = SampleFiles.tracks();
        Map<String, List<String>> expected = pointsByVehicle(file);
        try (BusProcess bus = BusProcess.start(folder.resolve("tracks"));
                SampleProcess tracker = SampleProcess.start("sample-gps-tracker", bus.url())) {
            JsonNode imported =
                    new BusHttp(tracker.url()).postCsv("/fixes/import", file).expect(200).body();

            Map<String, List<String>> found = fixesByVehicle(new BusHttp(bus.url()));
            int points = expected.values().stream().mapToInt(List::size).sum();
            System.out.printf("tracks: %d vehicles, %d points%n", expected.size(), points);
            assertThat(imported.get("vehicles").asInt()).isEqualTo(expected.size());
            assertThat(imported.get("points").asInt()).isEqualTo(points);
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            expected.forEach((vehicle, fixes) -> assertThat(found.get(vehicle)).isEqualTo(fixes));
        }
    }

    /** By key, the invoices in the order of the file, each with its lines in order. */
    private static Map<String, Map<String, List<String>>> invoicesByKey(String file) {
        Map<String, Map<String, List<String>>> byKey = new LinkedHashMap<>();
        for (Map<String, String> row : Csv.rows(file)) {
            String invoice = row.get("InvoiceNo");
            String customer = row.get("CustomerID").replaceAll("\\.0$", "");
            byKey.computeIfAbsent(
                            customer.isEmpty() ? invoice : customer, key -> new LinkedHashMap<>())
                    .computeIfAbsent(invoice, number -> new ArrayList<>())
                    .add(
                            line(
                                    row.get("StockCode"),
                                    row.get("Description"),
                                    row.get("Quantity"),
                                    new BigDecimal(row.get("UnitPrice")),
                                    LocalDateTime.parse(row.get("InvoiceDate"), FILE_TIME)));
        }
        return byKey;
    }

    private static Map<String, Map<String, List<String>>> ordersByKey(BusHttp bus)
            throws IOException {
        Map<String, Map<String, List<String>>> byKey = new LinkedHashMap<>();
        for (JsonNode each : bus.readTopic("orders")) {
            JsonNode order = each.get("value");
            List<String> lines = new ArrayList<>();
            order.get("lines").forEach(line -> lines.add(line(line)));
            List<String> before =
                    byKey.computeIfAbsent(each.get("key").asString(), key -> new LinkedHashMap<>())
                            .put(order.get("orderId").asString(), lines);
            assertThat(before).as("an invoice that came out before").isNull();
        }
        return byKey;
    }

    private static String line(JsonNode line) {
        return line(
                line.get("sku").asString(),
                line.get("description").asString(),
                line.get("quantity").asString(),
                line.get("unitPrice").decimalValue(),
                LocalDateTime.parse(line.get("at").asString()));
    }

    private static String line(
            String sku, String text, String quantity, BigDecimal price, LocalDateTime at) {
        return String.join(
                "|",
                sku,
                text,
                quantity,
                price.stripTrailingZeros().toPlainString(),
                at.toString());
    }

    private static Map<String, List<String>> pointsByVehicle(String file) {
        Map<String, List<String>> byVehicle = new LinkedHashMap<>();
        for (Map<String, String> row : Csv.rows(file)) {
            long at =
                    LocalDateTime.parse(row.get("time"), FILE_TIME)
                            .toInstant(ZoneOffset.UTC)
                            .toEpochMilli();
            byVehicle
                    .computeIfAbsent(row.get("track_id"), vehicle -> new ArrayList<>())
                    .add(
                            point(
                                    Double.parseDouble(row.get("lon")),
                                    Double.parseDouble(row.get("lat")),
                                    Double.parseDouble(row.get("speed_kmh")),
                                    at));
        }
        return byVehicle;
    }

    private static Map<String, List<String>> fixesByVehicle(BusHttp bus) throws IOException {
        Map<String, List<String>> byVehicle = new LinkedHashMap<>();
        for (JsonNode each : bus.readTopic("fixes")) {
            JsonNode fix = each.get("value");
            byVehicle
                    .computeIfAbsent(each.get("key").asString(), vehicle -> new ArrayList<>())
                    .add(
                            point(
                                    fix.get("lon").asDouble(),
                                    fix.get("lat").asDouble(),
                                    fix.get("speedKmh").asDouble(),
                                    fix.get("at").asLong()));
        }
        return byVehicle;
    }

    private static String point(double lon, double lat, double speedKmh, long at) {
        return lon + "," + lat + "," + speedKmh + "," + at;
    }
}
