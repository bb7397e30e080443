-- A checker that ends leaves the lease to the others.
DELETE FROM check_lease WHERE holder = $1
