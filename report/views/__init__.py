"""Pages of TFDV and TFMA, which lie beside a run's page."""
