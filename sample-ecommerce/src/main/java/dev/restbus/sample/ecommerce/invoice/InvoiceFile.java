package dev.restbus.sample.ecommerce.invoice;

import dev.restbus.sample.ecommerce.order.OrderEvent;
import dev.restbus.sample.ecommerce.order.OrderEvent.Line;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of invoice lines (RFC 4180, UTF-8, with a header) as orders: an order is a run of
 * lines of one invoice. Holds one order at a time. For one thread, used once.
 */
final class InvoiceFile {

    private static final CSVFormat FORMAT =
            CSVFormat.RFC4180
                    .builder()
                    .setHeader()
                    .setSkipHeaderRecord(true)
                    .setIgnoreEmptyLines(true)
                    .get();

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private final Consumer<OrderEvent> orders;

    /** Invoices whose run of lines is over. */
    private final Set<String> closed = new HashSet<>();

    private @Nullable InvoiceLine first;
    private final List<Line> lines = new ArrayList<>();

    private InvoiceFile(Consumer<OrderEvent> orders) {
        this.orders = orders;
    }

    /**
     * Reads the whole file and hands over order by order.
     *
     * @throws BadLineException at the first line that is none; orders before it were handed over
     */
    static void read(byte[] file, Consumer<OrderEvent> orders) {
        new InvoiceFile(orders).read(file);
    }

    private void read(byte[] file) {
        long line = 1;
        try (CSVParser parser = FORMAT.parse(reader(file))) {
            InvoiceLine.requireColumns(parser.getHeaderNames());
            Iterator<CSVRecord> records = parser.iterator();
            line = parser.getCurrentLineNumber() + 1;
            while (records.hasNext()) {
                add(InvoiceLine.of(line, records.next()), line);
                line = parser.getCurrentLineNumber() + 1;
            }
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            throw new BadLineException(line, "not CSV in UTF-8 (" + e.getMessage() + ")");
        }
        close();
    }

    private void add(InvoiceLine invoiceLine, long line) {
        InvoiceLine open = first;
        if (open == null || !open.invoice().equals(invoiceLine.invoice())) {
            close();
            if (closed.contains(invoiceLine.invoice())) {
                throw new BadLineException(
                        line, "invoice " + invoiceLine.invoice() + " began before another invoice");
            }
            first = invoiceLine;
        } else if (!open.hasSameOwner(invoiceLine)) {
            throw new BadLineException(
                    line, "invoice " + open.invoice() + " has two customers or countries");
        }
        lines.add(invoiceLine.line());
    }

    private void close() {
        if (first != null) {
            closed.add(first.invoice());
            orders.accept(first.order(List.copyOf(lines)));
            first = null;
            lines.clear();
        }
    }

    private static Reader reader(byte[] file) {
        int start = startsWithMark(file) ? BYTE_ORDER_MARK.length : 0;
        return new InputStreamReader(
                new ByteArrayInputStream(file, start, file.length - start),
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
    }

    private static boolean startsWithMark(byte[] file) {
        for (int i = 0; i < BYTE_ORDER_MARK.length; i++) {
            if (file.length <= i || file[i] != BYTE_ORDER_MARK[i]) {
                return false;
            }
        }
        return true;
    }
}
