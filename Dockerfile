# The image of hardtack: one static program, no shell, no package manager, and a user that owns nothing.
#
#   scripts/build-dist && docker build -t hardtack .
#   docker run --rm --read-only --network none -v "$PWD:/project" hardtack plan --offline
#
# `dist` holds the program (`hardtack`, static) and the certificates to trust (`ca-certificates.crt`), both from the
# machine that built them. There is no git in the image, so `hardtack pr` runs outside of it. `scripts/test-engine` builds
# this very file and runs the image with no right at all; `scripts/publish-image` publishes it for a release.
FROM scratch
COPY --chmod=0555 dist/hardtack /hardtack
COPY --chmod=0444 dist/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /project
USER 65532:65532
ENTRYPOINT ["/hardtack"]
CMD ["plan"]
