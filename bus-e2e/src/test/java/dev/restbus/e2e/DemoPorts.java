package dev.restbus.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** The ports of a demo: those of the samples lie at fixed steps above that of the bus. */
final class DemoPorts {

    /** What {@code ./bus} uses unless told otherwise. */
    static final int USUAL = 8080;

    /** The bus itself, the shop, the notifications, the GPS tracker. */
    static final int[] STEPS = {0, 11, 12, 13};

    private DemoPorts() {}

    /** A port for the bus such that all of the ports are free now. */
    static int free() {
        return ThreadLocalRandom.current()
                .ints(20_000, 30_000)
                .filter(base -> IntStream.of(STEPS).allMatch(step -> isFree(base + step)))
                .findFirst()
                .orElseThrow();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
