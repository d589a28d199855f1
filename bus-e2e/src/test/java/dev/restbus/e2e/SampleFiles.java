package dev.restbus.e2e;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/**
 * The files that the samples are fed: real ones where the command line names them ({@code
 * -Drestbus.orders=…}, {@code -Drestbus.gps=…}), else small ones with the same peculiarities.
 */
final class SampleFiles {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    private SampleFiles() {}

    static String orders() {
        String file = System.getProperty("restbus.orders");
        return file == null ? madeUpOrders() : Checkout.read(Path.of(file));
    }

    static String tracks() {
        String file = System.getProperty("restbus.gps");
        return file == null ? madeUpTracks() : Checkout.read(Path.of(file));
    }

    /** Customers with several invoices, none, returns, repeated lines, commas and quotes. */
    private static String madeUpOrders() {
        StringBuilder csv =
                new StringBuilder(
                        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,"
                                + "CustomerID,Country\n");
        LocalDateTime at = LocalDateTime.of(2010, 12, 1, 8, 26);
        for (int invoice = 0; invoice < 60; invoice++) {
            boolean cancelled = invoice % 10 == 7;
            String number = (cancelled ? "C" : "") + (536365 + invoice);
            String customer = invoice % 9 == 4 ? "" : (17850 + invoice % 8) + ".0";
            for (int line = 0; line <= invoice % 12; line++) {
                csv.append(number)
                        .append(",8512")
                        .append(line / 2)
                        .append("A,\"LAMP, \"\"No. ")
                        .append(line / 2)
                        .append("\"\"\",")
                        .append(cancelled ? -1 - line : 6)
                        .append(',')
                        .append(TIME.format(at))
                        .append(",2.5")
                        .append(line % 3)
                        .append(',')
                        .append(customer)
                        .append(",United Kingdom\n");
            }
            at = at.plusMinutes(7);
        }
        return csv.toString();
    }

    /** One point a second from the first second of 1970, the vehicles one after another. */
    private static String madeUpTracks() {
        StringBuilder csv = new StringBuilder("track_id,lon,lat,speed_kmh,time\n");
        for (int vehicle = 0; vehicle < 7; vehicle++) {
            LocalDateTime at = LocalDateTime.of(1970, 1, 1, 0, 0);
            for (int point = 0; point < 90 + vehicle; point++) {
                csv.append(128 + vehicle)
                        .append(",23.730")
                        .append(100 + point)
                        .append(",37.990")
                        .append(100 + vehicle)
                        .append(',')
                        .append(10 + point % 50)
                        .append('.')
                        .append(point % 7)
                        .append(',')
                        .append(TIME.format(at.plusSeconds(point)))
                        .append(".000\n");
            }
        }
        return csv.toString();
    }
}
