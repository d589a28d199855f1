package dev.restbus.door.tomcat;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Writes an error of the container itself in the form of every other error. */
@FunctionalInterface
public interface ErrorAnswer {

    /**
     * @param status what the container answers, 400 to 599
     * @param detail what is wrong, for a person; empty for what the status says by itself
     */
    void write(HttpServletRequest request, HttpServletResponse response, int status, String detail);
}
