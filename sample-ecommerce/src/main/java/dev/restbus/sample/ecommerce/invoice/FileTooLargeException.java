package dev.restbus.sample.ecommerce.invoice;

/** The file is larger than the import takes. */
public final class FileTooLargeException extends RuntimeException {

    FileTooLargeException(int maxBytes) {
        super("a file has at most " + maxBytes + " bytes");
    }
}
