package dev.restbus.sample.ecommerce.invoice;

import dev.restbus.sample.ecommerce.order.OrderEvent;
import dev.restbus.sample.ecommerce.order.OrderEvent.Line;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/** One record of the file. */
record InvoiceLine(String invoice, @Nullable String customer, @Nullable String country, Line line) {

    private static final List<String> COLUMNS =
            List.of(
                    "InvoiceNo",
                    "StockCode",
                    "Description",
                    "Quantity",
                    "InvoiceDate",
                    "UnitPrice",
                    "CustomerID",
                    "Country");

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    /** Numbers of cancelled invoices begin so. */
    private static final String CANCELLED = "C";

    private static final int MAX_TEXT = 500;

    /**
     * Checks the file's first line.
     *
     * @throws BadLineException if a column is missing
     */
    static void requireColumns(List<String> header) {
        for (String column : COLUMNS) {
            if (!header.contains(column)) {
                throw new BadLineException(1, "the header has no column " + column);
            }
        }
    }

    /**
     * Reads a record.
     *
     * @param line where it begins in the file
     * @throws BadLineException if it is no invoice line
     */
    static InvoiceLine of(long line, CSVRecord record) {
        if (!record.isConsistent()) {
            throw new BadLineException(
                    line, record.size() + " columns; the header has another number");
        }
        try {
            return new InvoiceLine(
                    required(record, "InvoiceNo"),
                    customer(record),
                    optional(record, "Country"),
                    new Line(
                            required(record, "StockCode"),
                            text(record, "Description"),
                            Integer.parseInt(required(record, "Quantity")),
                            new BigDecimal(required(record, "UnitPrice")),
                            LocalDateTime.parse(required(record, "InvoiceDate"), TIME)));
        } catch (NumberFormatException e) {
            throw new BadLineException(line, "Quantity or UnitPrice is not a number");
        } catch (DateTimeParseException e) {
            throw new BadLineException(line, "InvoiceDate is not a time like 2010-12-01 08:26:00");
        } catch (IllegalArgumentException e) {
            throw new BadLineException(line, String.valueOf(e.getMessage()));
        }
    }

    boolean hasSameOwner(InvoiceLine other) {
        return Objects.equals(customer, other.customer) && Objects.equals(country, other.country);
    }

    /** The order that this line begins. */
    OrderEvent order(List<Line> lines) {
        return new OrderEvent(
                invoice.startsWith(CANCELLED) ? OrderEvent.Type.cancelled : OrderEvent.Type.placed,
                invoice,
                customer,
                null,
                country,
                line.at(),
                OrderEvent.totalOf(lines),
                lines);
    }

    /** A spreadsheet wrote the customers' numbers with a decimal: {@code 17850.0} is 17850. */
    private static @Nullable String customer(CSVRecord record) {
        String text = optional(record, "CustomerID");
        if (text == null) {
            return null;
        }
        if (!text.matches("[0-9]{1,18}(\\.0)?")) {
            throw new IllegalArgumentException("CustomerID is not a number");
        }
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    private static String required(CSVRecord record, String column) {
        String text = text(record, column);
        if (text.isBlank()) {
            throw new IllegalArgumentException(column + " is missing");
        }
        return text;
    }

    private static @Nullable String optional(CSVRecord record, String column) {
        String text = text(record, column);
        return text.isBlank() ? null : text;
    }

    private static String text(CSVRecord record, String column) {
        String text = record.get(column);
        if (text.length() > MAX_TEXT) {
            throw new IllegalArgumentException(column + " is longer than " + MAX_TEXT);
        }
        return text;
    }
}
