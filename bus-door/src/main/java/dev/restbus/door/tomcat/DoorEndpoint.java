package dev.restbus.door.tomcat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's connections with a {@link Lane}: what arrives on an idle connection is offered to the
 * lane on the poller's thread; what the lane does not take goes on to Tomcat's threads as if nobody
 * had looked. A request on the lane costs neither a hand-over to another thread nor the two changes
 * of the poller's set that go with it, which is about half of what a small request costs.
 */
final class DoorEndpoint extends NioEndpoint {

    /** A larger request is Tomcat's; the size of its own buffer, so that all can be given back. */
    private static final int MAX_REQUEST_BYTES = 8 * 1024;

    /** After a call that took longer than this, requests go to Tomcat's threads for a while. */
    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Connections whose request was taken and whose answer has not left. */
    private final ConcurrentMap<SocketWrapperBase<NioChannel>, LaneCaller> waiting =
            new ConcurrentHashMap<>();

    /** Of the poller's thread. */
    private final byte[] buffer = new byte[MAX_REQUEST_BYTES];

    private Lane lane = (request, length, caller) -> false;

    /** Of the poller's thread: until when nothing is offered to the lane. */
    private long restUntilNanos = System.nanoTime();

    private @Nullable Thread poller;

    /** To be set before the endpoint starts. */
    void setLane(Lane newLane) {
        lane = newLane;
    }

    @Override
    public boolean processSocket(
            SocketWrapperBase<NioChannel> socket, SocketEvent event, boolean dispatch) {
        if (isPoller() && socket instanceof NioSocketWrapper own && take(own, event)) {
            return true;
        }
        return super.processSocket(socket, event, dispatch);
    }

    /** Tomcat does not tell which thread that is, but by its name. */
    private boolean isPoller() {
        Thread current = Thread.currentThread();
        if (current == poller) {
            return true;
        }
        if (poller == null && current.getName().equals(getName() + "-Poller")) {
            poller = current;
            return true;
        }
        return false;
    }

    private boolean take(NioSocketWrapper socket, SocketEvent event) {
        LaneCaller before = waiting.get(socket);
        if (before != null && before.putOff()) {
            return true;
        }
        // A connection with a processor is in the middle of a request of Tomcat's.
        if (event != SocketEvent.OPEN_READ
                || socket.getCurrentProcessor() != null
                || isPaused()
                || socket.getSocket() instanceof SecureNioChannel
                || restUntilNanos - System.nanoTime() > 0) {
            return false;
        }
        ReentrantLock lock = socket.getLock();
        if (!lock.tryLock()) {
            return false;
        }
        try {
            return !socket.isClosed() && offer(socket);
        } finally {
            lock.unlock();
        }
    }

    private boolean offer(NioSocketWrapper socket) {
        int length;
        try {
            length = socket.read(false, buffer, 0, buffer.length);
        } catch (IOException e) {
            // Tomcat reads again, fails again, and knows what to do.
            return false;
        }
        if (length <= 0) {
            return false;
        }
        long beganNanos = System.nanoTime();
        LaneCaller caller = new LaneCaller(this, socket);
        if (!lane.take(buffer, length, caller)) {
            socket.unRead(ByteBuffer.wrap(buffer, 0, length));
            return false;
        }
        if (!caller.isAnswered()) {
            waiting.put(socket, caller);
        }
        caller.onTaken();
        pollAgain(socket);
        long endedNanos = System.nanoTime();
        if (endedNanos - beganNanos > SLOW_NANOS) {
            restUntilNanos = endedNanos + REST_NANOS;
        }
        return true;
    }

    /** As the poller does on request, but at once and without being woken. */
    private static void pollAgain(NioSocketWrapper socket) {
        SelectionKey key =
                socket.getSocket().getIOChannel().keyFor(socket.getPoller().getSelector());
        if (key == null) {
            socket.close();
            return;
        }
        try {
            socket.interestOps(SelectionKey.OP_READ);
            key.interestOps(SelectionKey.OP_READ);
        } catch (CancelledKeyException e) {
            socket.close();
        }
    }

    /** The caller's answer has left. */
    void forget(NioSocketWrapper socket, LaneCaller caller) {
        waiting.remove(socket, caller);
    }
}
