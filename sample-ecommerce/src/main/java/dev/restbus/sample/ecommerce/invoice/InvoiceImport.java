package dev.restbus.sample.ecommerce.invoice;

import dev.restbus.client.BusClientException;
import dev.restbus.client.BusProducer.PartialSendException;
import dev.restbus.sample.ecommerce.order.OrderDesk;
import dev.restbus.sample.ecommerce.order.OrderEvent;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.stereotype.Component;

/**
 * Publishes the orders of a file. The file is read twice: the first time nothing is sent, so that a
 * bad line anywhere sends nothing at all. One import at a time; others wait their turn.
 */
@Component
class InvoiceImport {

    static final int MAX_FILE_BYTES = 8 << 20;

    /** Orders that are in memory at a time. */
    private static final int CHUNK = 50;

    private final OrderDesk desk;

    InvoiceImport(OrderDesk desk) {
        this.desk = desk;
    }

    /**
     * Imports a file.
     *
     * @throws BadLineException if a line is not valid: nothing was sent
     * @throws FileTooLargeException above 8 MiB
     * @throws ImportStoppedException if the bus did not take all of it
     */
    synchronized Imported run(InputStream body) throws IOException {
        byte[] file = body.readNBytes(MAX_FILE_BYTES + 1);
        if (file.length > MAX_FILE_BYTES) {
            throw new FileTooLargeException(MAX_FILE_BYTES);
        }
        Tally tally = new Tally();
        InvoiceFile.read(file, tally::count);
        Publishing publishing = new Publishing(tally.invoices);
        InvoiceFile.read(file, publishing::add);
        publishing.flush();
        return tally.toImported();
    }

    /**
     * What a file held.
     *
     * @param invoicesWithoutCustomer they are keyed by invoice
     * @param cancelled invoices whose number begins with C
     */
    record Imported(
            int invoices,
            int lines,
            int invoicesWithoutCustomer,
            int linesWithoutCustomer,
            int cancelled) {}

    private static final class Tally {
        private int invoices;
        private int lines;
        private int invoicesWithoutCustomer;
        private int linesWithoutCustomer;
        private int cancelled;

        private void count(OrderEvent order) {
            invoices++;
            lines += order.lines().size();
            if (order.customer() == null) {
                invoicesWithoutCustomer++;
                linesWithoutCustomer += order.lines().size();
            }
            if (order.type() == OrderEvent.Type.cancelled) {
                cancelled++;
            }
        }

        private Imported toImported() {
            return new Imported(
                    invoices, lines, invoicesWithoutCustomer, linesWithoutCustomer, cancelled);
        }
    }

    private final class Publishing {
        private final int total;
        private final List<OrderEvent> chunk = new ArrayList<>(CHUNK);
        private long stored;

        private Publishing(int total) {
            this.total = total;
        }

        private void add(OrderEvent order) {
            chunk.add(order);
            if (chunk.size() == CHUNK) {
                flush();
            }
        }

        private void flush() {
            if (chunk.isEmpty()) {
                return;
            }
            try {
                desk.publish(chunk);
            } catch (PartialSendException e) {
                stored += e.sent().stream().filter(Objects::nonNull).count();
                throw new ImportStoppedException(e, stored, total);
            } catch (BusClientException e) {
                throw new ImportStoppedException(e, stored, total);
            }
            stored += chunk.size();
            chunk.clear();
        }
    }
}
