package dev.restbus.door.tomcat;

import java.lang.management.ManagementFactory;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardHost;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/** Tomcat's settings; applied last, so that they hold over Boot's. */
public final class DoorTomcat
        implements WebServerFactoryCustomizer<TomcatServletWebServerFactory>, Ordered {

    /** Of the request line and all headers together. */
    static final int MAX_HEADER_BYTES = 16 * 1024;

    static final int MAX_HEADERS = 100;

    private static final int MAX_CONNECTIONS = 120_000;
    private static final int RESERVED_FILES = 1_024;

    private final Limits limits;
    private final ErrorAnswer errors;
    private final Lane lane;

    public DoorTomcat(Limits limits, ErrorAnswer errors, Lane lane) {
        this.limits = limits;
        this.errors = errors;
        this.lane = lane;
    }

    /**
     * What the operator chose.
     *
     * @param headerTimeoutMs for a whole request head, in milliseconds
     * @param readTimeoutMs between two reads of a body, in milliseconds
     * @param maxConnections 0 for as many as open files allow
     * @param maxThreads 0 for four a processor, at least eight
     */
    public record Limits(
            int headerTimeoutMs, int readTimeoutMs, int maxConnections, int maxThreads) {}

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }

    @Override
    public void customize(TomcatServletWebServerFactory factory) {
        factory.setProtocol(DoorProtocol.class.getName());
        factory.addConnectorCustomizers(this::customizeConnector);
        factory.addContextCustomizers(this::customizeContext);
    }

    private void customizeConnector(Connector connector) {
        // TRACE reaches the filter, which refuses it as it does any other unknown method.
        connector.setAllowTrace(true);
        connector.setEncodedSolidusHandling("passthrough");
        connector.setEncodedReverseSolidusHandling("passthrough");
        connector.setMaxParameterCount(0);
        connector.setXpoweredBy(false);
        DoorProtocol protocol = (DoorProtocol) connector.getProtocolHandler();
        protocol.setHeaderTimeoutMs(limits.headerTimeoutMs());
        protocol.setLane(lane);
        // For a connection that sends nothing, and between two bytes of a head.
        protocol.setConnectionTimeout(limits.headerTimeoutMs());
        protocol.setDisableUploadTimeout(false);
        protocol.setConnectionUploadTimeout(limits.readTimeoutMs());
        protocol.setKeepAliveTimeout(120_000);
        protocol.setMaxKeepAliveRequests(-1);
        protocol.setMaxHttpRequestHeaderSize(MAX_HEADER_BYTES);
        protocol.setMaxHeaderCount(MAX_HEADERS);
        protocol.setRelaxedQueryChars("\"<>[\\]^`{|}");
        protocol.setContinueResponseTiming("onRead");
        protocol.setTcpNoDelay(true);
        protocol.setMaxConnections(maxConnections());
        protocol.setAcceptCount(1_024);
        int threads = maxThreads();
        protocol.setMaxThreads(threads);
        protocol.setMinSpareThreads(Math.min(threads, 4));
    }

    private void customizeContext(Context context) {
        for (ErrorPage page : context.findErrorPages()) {
            context.removeErrorPage(page);
        }
        StandardHost host = (StandardHost) context.getParent();
        host.setErrorReportValveClass(null);
        host.getPipeline().addValve(new ErrorValve(errors));
    }

    private int maxThreads() {
        return limits.maxThreads() > 0
                ? limits.maxThreads()
                : Math.max(8, 4 * Runtime.getRuntime().availableProcessors());
    }

    private int maxConnections() {
        if (limits.maxConnections() > 0) {
            return limits.maxConnections();
        }
        long files = MAX_CONNECTIONS;
        if (ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.UnixOperatingSystemMXBean unix) {
            files = unix.getMaxFileDescriptorCount() - RESERVED_FILES;
        }
        return (int) Math.max(256, Math.min(files, MAX_CONNECTIONS));
    }
}
