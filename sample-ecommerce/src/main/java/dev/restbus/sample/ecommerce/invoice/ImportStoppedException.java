package dev.restbus.sample.ecommerce.invoice;

import dev.restbus.client.BusClientException;
import java.util.Objects;

/** The bus went away in the middle of an import. */
public final class ImportStoppedException extends RuntimeException {

    private final long stored;

    ImportStoppedException(BusClientException failure, long stored, long total) {
        super(
                stored + " of " + total + " invoices are on the bus; " + failure.getMessage(),
                failure);
        this.stored = stored;
    }

    public BusClientException failure() {
        return (BusClientException) Objects.requireNonNull(getCause());
    }

    /** Invoices that are certainly on the bus. */
    public long stored() {
        return stored;
    }
}
