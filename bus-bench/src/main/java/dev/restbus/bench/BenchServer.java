package dev.restbus.bench;

import dev.restbus.standalone.StandaloneApplication;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The standalone bus with one path more: a servlet that reads the body and answers a fixed 201,
 * which is as fast as this server can be. Ends when its standard input does, so that it cannot
 * outlive whoever started it.
 */
@Configuration(proxyBeanMethods = false)
public class BenchServer {

    static final String NOOP_PATH = "/bench/noop";

    public static void main(String[] args) {
        Thread watch = new Thread(BenchServer::exitWithParent, "parent-watch");
        watch.setDaemon(true);
        watch.start();
        SpringApplication.run(
                new Class<?>[] {StandaloneApplication.class, BenchServer.class}, args);
    }

    /** In a web application of its own, so that nothing of the bus is in its way. */
    @Bean
    TomcatServletWebServerFactory webServerFactory() {
        return new TomcatServletWebServerFactory() {
            @Override
            protected TomcatWebServer getTomcatWebServer(Tomcat tomcat) {
                Context bench = tomcat.addContext("/bench", null);
                Tomcat.addServlet(bench, "noop", new NoopServlet());
                bench.addServletMappingDecoded("/noop", "noop");
                return super.getTomcatWebServer(tomcat);
            }
        };
    }

    private static void exitWithParent() {
        try {
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
            // As good as its end.
        }
        System.exit(0);
    }

    /** Its answer has the size of the bus's own to one record. */
    private static final class NoopServlet extends HttpServlet {

        private static final byte[] ANSWER =
                "{\"topic\":\"bench-0\",\"partition\":0,\"offset\":123456,\"timestamp\":1700000000000}"
                        .getBytes(StandardCharsets.US_ASCII);

        private static final ThreadLocal<byte[]> BUFFER =
                ThreadLocal.withInitial(() -> new byte[64 * 1024]);

        /** As many bytes as {@code ?bytes=} says, in place of what a read answers. */
        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            // Not getParameter, which the bus has Tomcat refuse.
            int bytes = Integer.parseInt(request.getQueryString().substring("bytes=".length()));
            response.setContentType("application/octet-stream");
            response.setContentLength(bytes);
            byte[] buffer = BUFFER.get();
            for (int sent = 0; sent < bytes; sent += buffer.length) {
                response.getOutputStream().write(buffer, 0, Math.min(buffer.length, bytes - sent));
            }
        }

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            InputStream body = request.getInputStream();
            byte[] buffer = BUFFER.get();
            while (body.read(buffer) >= 0) {}
            response.setStatus(HttpServletResponse.SC_CREATED);
            response.setContentType("application/json");
            response.setContentLength(ANSWER.length);
            response.getOutputStream().write(ANSWER);
        }
    }
}
